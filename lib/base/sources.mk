lib/base := arena buf clock cursor error file hash json log option run schema secret text
