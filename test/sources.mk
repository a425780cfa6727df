test := main
