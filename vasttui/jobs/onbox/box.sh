#!/bin/sh
# What vasttui keeps on a box. It is sent in the start command, of which Vast.ai takes 4048 characters: comments
# and indents are not sent, names are short.
#
#   box watch URL LEASE GRACE END FIXED    the dead man's switch; its lease begins at each start of the container
#   box run ID                             a run, once
#
# Files: `conf` (watch's words), `watch` (its pid), `env` (the container's environment), `rc` (the key, for wget),
# `lease`, `beat`, `ended` (when, by `now`), `fixed` (end of a fixed lease, by the date), `most` (seconds that the user
# has given a fixed lease later), `runs/ID/script|pid|code`.
# Numbers are kept ten wide and are written over in place: this also works on a full disk.
F=${0%/*}

# $n: seconds, by a clock that no time server sets.
now() {
  read n _ </proc/uptime
  n=${n%.*}
}
put() { printf '%10s\n' $2 1<>$F/$1; }
# $v: the number in a file, else $2.
get() {
  v=$2
  read x 2>&- <$F/$1 && case $x in *[!0-9]* | '') ;; *) v=$x ;; esac
}
say() { echo "$*" | tee -a $F/onstart.log; }
own() { tr '\0' '\n' </proc/1/environ | sed -n s/^$1=//p; } 2>&-
# $w: why this box cannot end itself.
can() {
  w='no curl, wget or python3'
  { type curl || type python3 || wget --help | grep -e --method; } && w=
  [ "$I" ] && [ "$K" ] || w='no CONTAINER_ID or CONTAINER_API_KEY'
} >/dev/null 2>&1
# Ask Vast.ai for the end of this box. The key is never on a command line.
end() {
  export A="Bearer $K" M=DELETE B={} J=application/json
  [ $E = stop ] && M=PUT B='{"state":"stopped"}'
  echo "header=\"Authorization: $A\"" | curl -fm60 -K- -X$M -HContent-Type:$J -d$B $U ||
    WGETRC=$F/rc wget -T60 -t1 -O- --header=Content-Type:$J --method=$M --body-data=$B $U ||
    U=$U python3 -c 'from os import environ as e
from urllib.request import*
urlopen(Request(e["U"],e["B"].encode(),{"Authorization":e["A"],"Content-Type":e["J"]},method=e["M"]),timeout=60)'
} >/dev/null 2>&1

I=$CONTAINER_ID K=$CONTAINER_API_KEY
: ${I:=$(own CONTAINER_ID)} ${K:=$(own CONTAINER_API_KEY)}
# An SSH session lacks the container's environment.
[ "$SSH_CONNECTION" ] || (
  umask 77
  export -p >$F/env
  echo "header=Authorization: Bearer $K" >$F/rc
)
now
case $1 in
watch)
  trap '' 1 2 13 15
  echo $$ >$F/watch
  shift
  echo $* >$F/conf
  U=$1/instances/$I/ L=$2 G=$3 E=$4 s=$n o=? k=0 p=1
  if [ $5 = 1 ]; then
    d=$(date +%s)
    get fixed $((d+L))
    put fixed $v
    d=$((v-d))
    get most $L
    L=$v
    # A date that is wrong for a moment must not kill, and a box that is started again can be told to live on.
    [ $d -lt 300 ] && d=300
    [ $d -lt $L ] && L=$d
  fi
  l=$((n+L))
  put lease $l
  while :; do
    now
    get lease $l
    l=$v d=$v
    can
    if [ "$w" != "$o" ]; then
      o=$w
      m="armed=1 until=$(($(date +%s)+l-n)) end=$E"
      [ "$w" ] && m="armed=0 why=\"$w\""
      say "::vasttui switch $m"
    fi
    # Numbers of before a restart of the host lie ahead: the grace begins anew.
    get ended 0
    if [ $G -gt 0 ] && [ $v -gt 0 ]; then
      e=$v
      [ $e -gt $s ] && [ $e -le $n ] || e=$s
      get beat 0
      [ $v -gt $e ] && [ $v -le $n ] && e=$v
      [ $((e+=G)) -lt $d ] && d=$e
    fi
    if [ $n -lt $d ]; then
      k=0 p=1
    elif [ $((k-=1)) -le 0 ]; then
      say "vasttui: nobody came, this box ends: $E"
      end
      k=$p
      [ $p -lt 16 ] && p=$((p*2))
    fi
    sleep ${VASTTUI_TICK:-15}
  done
  ;;
run)
  R=runs/$2
  get $R/code
  [ "$v" ] && exit
  echo $$ >$F/$R/pid
  put $R/code
  put ended 0
  trap '' 1 2 15
  {
    # Unlike an ignored signal, a handled one is not passed on to the work.
    trap : 1 2 15
    echo "::vasttui start id=$2"
    $(command -v setsid) $(command -v bash||echo sh) $F/$R/script </dev/null
    c=$?
    put $R/code $c
    now
    put ended $n
    printf '\n::vasttui done id=%s code=%s\n' $2 $c
  } 2>&1 | tee -a $F/onstart.log
  ;;
esac
