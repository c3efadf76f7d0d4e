#!/bin/bash
# usage: examples/host-metrics.sh [SECONDS]
# Publishes this machine's CPU, memory, load and network figures, once a second or as often as said,
# to the hub at $SSE_URL, as metrics with units. Ends with its publisher, or when it is killed.
set -euo pipefail

interval=${1:-1}

# Of all cores since boot, in jiffies.
read_cpu() {
  local user nice system idle iowait irq softirq steal
  read -r _ user nice system idle iowait irq softirq steal _ </proc/stat
  cpu_busy=$((user + nice + system + irq + softirq + steal))
  cpu_all=$((cpu_busy + idle + iowait))
}

# Of all interfaces but the loopback since boot, in bytes.
read_network() {
  local name columns
  bytes_in=0 bytes_out=0
  while read -r name columns; do
    case $name in lo: | Inter-* | face*) continue ;; esac
    # shellcheck disable=SC2086  # one column each
    set -- $columns
    bytes_in=$((bytes_in + $1))
    bytes_out=$((bytes_out + $9))
  done </proc/net/dev
}

memory_used_percent() {
  awk '/^MemTotal:/ { all = $2 } /^MemAvailable:/ { free = $2 }
       END { printf "%.1f", 100 * (all - free) / all }' /proc/meminfo
}

per_second() {
  awk "BEGIN { printf \"%.0f\", $1 / $interval }"
}

# A metric that is there already stays as it is.
create() {
  sse-pub metric "$1" --every="$interval" --unit="$2" || [ $? = 65 ]
}
create cpu percent
create memory percent
create load ''
create network-in bytes/s
create network-out bytes/s

# A line is NAME VALUE; --create makes a metric again that was deleted.
exec > >(exec sse-pub reading -l --create="$interval")

read_cpu
read_network
while sleep "$interval"; do
  cpu_busy_before=$cpu_busy cpu_all_before=$cpu_all
  in_before=$bytes_in out_before=$bytes_out
  read_cpu
  read_network
  busy=$((cpu_busy - cpu_busy_before)) all=$((cpu_all - cpu_all_before))
  echo "cpu $(awk "BEGIN { printf \"%.1f\", $all ? 100 * $busy / $all : 0 }")"
  echo "memory $(memory_used_percent)"
  echo "load $(cut -d ' ' -f 1 /proc/loadavg)"
  echo "network-in $(per_second $((bytes_in - in_before)))"
  echo "network-out $(per_second $((bytes_out - out_before)))"
done
