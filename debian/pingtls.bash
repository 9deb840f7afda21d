# Completion in bash for pingtls(1) and pingtlsd(8), from what their --help says,
# so that it knows every option that they have.
# shellcheck shell=bash

# The services that the help of pingtls names.
_pingtls_services()
{
	LC_ALL=C "$1" --help 2>/dev/null | tr '\n' ' ' |
		sed -E 's/^[^(]*\(([^)]*)\).*/\1/
			s/ use TLS from the start//
			s/ and / /
			s/;//'
}

_pingtls()
{
	# shellcheck disable=SC2034 # _init_completion sets them all
	local cur prev words cword split value bracket=
	_init_completion -s -n : || return

	# What the help calls the value of the option before; one that may be
	# left out is only behind the "=".
	[[ $split != true ]] || bracket='\[?'
	[[ $prev != -* ]] || value=$(LC_ALL=C "$1" --help 2>/dev/null | sed -n \
		-E "s/^ +(-., )?$prev(, --[a-z-]+)?${bracket}[ =]([^] ]+).*/\3/p")
	case $prev:${value-} in
	*:FILE)
		_filedir
		;;
	--starttls:SERVICE)
		mapfile -t COMPREPLY < <(
			compgen -W "$(_pingtls_services "$1")" -- "$cur")
		;;
	-u:NAME | --user:NAME)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		;;
	*:*\|*)
		mapfile -t COMPREPLY < <(compgen -W "${value//|/ }" -- "$cur")
		;;
	*:)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(
				compgen -W "$(_parse_help "$1")" -- "$cur")
			[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
		elif [[ ${1##*/} != pingtls ]]; then
			:
		elif [[ $cur == *://* ]]; then
			_known_hosts_real -p "${cur%%://*}://" -- "${cur#*://}"
		else
			mapfile -t COMPREPLY < <(compgen -S :// \
				-W "$(_pingtls_services "$1")" -- "$cur")
			_known_hosts_real -- "$cur"
			[[ ${COMPREPLY-} != *:// ]] || compopt -o nospace
		fi
		;;
	esac
} &&
	complete -F _pingtls pingtls pingtlsd
