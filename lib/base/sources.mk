lib/base := arena buf clock control_ask cursor error file hash json log option prompt run schema secret text
