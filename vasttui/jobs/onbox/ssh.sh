# What vasttui runs on a box over SSH, by `sh -c`; $0 is the box script, whose functions are used.
#
#   arm URL LEASE GRACE END FIXED    start the dead man's switch where no start command could
#   beat SECONDS FORCE               vasttui is here, live so long (a fixed lease if FORCE is 1); say how runs go
#   start ID                         start a run that was put there, apart from this session
[ -f $0 ] || exit 0
F=${0%/*}
[ -f $F/env ] && . $F/env
: ${SSH_CONNECTION:=x}
. $0

# Is the process of this file still ours? $c: its command line.
alive() {
  get $1 x
  c=$(tr '\0' ' ' </proc/$v/cmdline)
  case $c in *"$F/box $2 "*) ;; *) false ;; esac
} 2>/dev/null
# The box script in a session of its own, its pid in the file $1; its output goes to the container's.
apart() {
  p=$1
  shift
  o=/proc/1/fd/1
  (: >>$o) 2>/dev/null || o=/dev/null
  $(command -v setsid || command -v nohup) sh $0 "$@" </dev/null >>$o 2>&1 &
  echo $! >$F/$p
  # Until it has its own command line, or has ended: whoever comes next must know it.
  while ! alive $p "$*" && [ "$c" ]; do :; done
}

X=
[ -f $F/conf ] && read U L G E X _ <$F/conf
case $1 in
arm)
  export CONTAINER_ID="$I" CONTAINER_API_KEY="$K"
  (umask 77 && echo "header=Authorization: Bearer $K" >$F/rc)
  shift
  alive watch watch || apart watch watch "$@"
  ;;
beat)
  put beat $n
  can
  [ "$X" ] || w='no switch was sent to this box'
  if [ "$X" = 0 ] || [ $3 = 1 ]; then
    put lease $((n + $2))
    [ "$X" = 1 ] && put fixed $(($(date +%s) + $2)) && put most $2
  fi
  [ -z "$w" ] && ! alive watch watch && apart watch watch $U $L $G $E $X
  get lease $n
  echo "::vasttui beat left=$((v - n)) why=\"$w\""
  for d in $F/runs/*/; do
    d=${d%/}
    i=${d##*/}
    get runs/$i/code
    if [ "$v" ]; then
      echo "::vasttui run id=$i code=$v"
    elif alive runs/$i/pid "run $i"; then
      echo "::vasttui run id=$i"
    fi
  done
  ;;
start)
  R=runs/$2
  [ -f $F/$R/script ] || {
    echo "run $2 was not put on this box" >&2
    exit 66
  }
  alive $R/pid "run $2" || apart $R/pid run $2
  ;;
esac
