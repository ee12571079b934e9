# Runs the program of a generic-service resource, and ends it with all that it started as soon as its node wants that,
# or is gone, or frozen, or without the node lease.
#   bash guard.sh COMMAND FILE SECONDS
# FILE gets the program's process id (its process group too) and its start time as the kernel counts it.
# Standard input: lines "SECONDS" (it may go on for so long without another line) or "term SECONDS" (it gets SIGTERM).
# Its end ends the program: a killed node closes it. Exits with the program's status.
set -m
trap : INT HUP TERM # not ignored: that the program would inherit
unset wrap
# Where this guard itself is killed, the kernel kills the program; without setpriv the next start of the node does.
if setpriv --pdeathsig KILL true 2>/dev/null; then wrap=1; fi
${wrap:+setpriv --pdeathsig KILL} bash -c "$1" </dev/null &
child=$!
trap 'kill -KILL -- "-$child" 2>/dev/null' EXIT
read -r stat <"/proc/$child/stat" && set -- "$1" "$2" "$3" ${stat##*) } && echo "$child ${23}" >"$2"
left=$3
while read -r -t "$left" line; do
    case $line in
        term\ *) kill -TERM -- "-$child" 2>/dev/null; left=${line#term } ;;
        *) left=$line ;;
    esac
    if ! kill -0 "$child" 2>/dev/null; then
        wait "$child"
        exit $?
    fi
done
kill -KILL -- "-$child" 2>/dev/null
exit 137
