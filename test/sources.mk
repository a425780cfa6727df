test := main secrets
