lib/base := arena buf clock cursor error file hash json log option prompt run schema secret text
