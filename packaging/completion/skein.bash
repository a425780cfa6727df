# Completion of skein, skein-agent, skein-controller and skein-lab. The words come from the programs'
# own command tables, so there is nothing here to keep up to date.

_skein()
{
	local program=$1 current=$2 previous=$3
	local words='' i

	# The words of the command so far: neither options nor what the cursor is on.
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* ]] || words+="${words:+ }${COMP_WORDS[i]}"
	done
	if [[ $previous == --file || $previous == --config || $previous == -c ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	mapfile -t COMPREPLY < <("$program" --describe-commands 2>/dev/null |
		awk -F '\t' -v words="$words" -v current="$current" '
			function offer(word) {
				if (index(word, current) == 1 && !seen[word]++)
					print word
			}
			$1 == "command" && words != "" && index($2 " ", words " ") == 1 {
				rest = substr($2, length(words) + 2)
			}
			$1 == "command" && words == "" { rest = $2 }
			$1 == "command" && rest != "" {
				split(rest, next_word, " ")
				if (current !~ /^-/)
					offer(next_word[1])
				rest = ""
			}
			# An option of the command that was named, or of every command.
			$1 == "option" && current ~ /^-/ &&
				($2 == "" || index(words " ", $2 " ") == 1) { offer("--" $3) }
			END { if (current ~ /^-/) offer("--help") }')
}

complete -F _skein skein skein-agent skein-controller skein-lab
