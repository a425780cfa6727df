#!/bin/sh
# What the agent uses of ufw's front end, on the chains of ufw.nft: one rule of the same words,
# whoever made it; deleting takes one with the same comment. /run/ufw.calls has how it was called,
# /run/ufw.rules what it has, a line a rule, as `ufw show added` says it.
rules=/run/ufw.rules
echo "$*" >> /run/ufw.calls

words() { # without the comment
	sed "s/ comment '.*//"
}

load() {
	{
		echo 'flush chain ip filter ufw-user-input; flush chain ip filter ufw-user-forward'
		words < $rules | sed -n \
			-e 's/^allow \([0-9]*\).udp$/ufw-user-input udp dport \1 accept/p' \
			-e 's/^allow in on \([^ ]*\) to any port \([0-9]*\) proto \(.*\)$/ufw-user-input iifname "\1" \3 dport \2 accept/p' \
			-e 's/^route allow in on \([^ ]*\) out on \([^ ]*\)$/ufw-user-forward iifname "\1" oifname "\2" accept/p' \
			-e 's/^route allow in on \([^ ]*\)$/ufw-user-forward iifname "\1" accept/p' |
			sed -e 's/+"/*"/g' -e 's/^/add rule ip filter /'
	} | nft -f -
}

route= delete=
[ "$1" != route ] || { route='route '; shift; }
[ "$1" != delete ] || { delete=yes; shift; }
case "$route$*" in
'show added') sed 's/^/ufw /' $rules; exit ;;
reload) load; exit ;;
esac
rule="$route$*"
case $rule in
*' comment '*) rule="${rule%% comment *} comment '${rule#* comment }'" ;;
esac
if [ "$delete" ]; then
	grep -vxF "$rule" $rules > $rules.new
else
	same=$(echo "$rule" | words | sed 's/^\(route \)*[a-z]* /\1/')
	while read -r line; do
		[ "$(echo "$line" | words | sed 's/^\(route \)*[a-z]* /\1/')" = "$same" ] || echo "$line"
	done < $rules > $rules.new
	echo "$rule" >> $rules.new
fi
mv $rules.new $rules
load
