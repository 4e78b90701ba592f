#!/bin/sh
# make.sh BUNDLE SERVICES: runs the bundle of make.mjs between two network namespaces; SERVICES is a folder with the services that
# avahi-daemon announces. Nothing leaves the namespaces. Needs root.
exec unshare -nm sh -ec '
  mount --bind "$2" /etc/avahi/services
  mkdir -p /run/avahi-daemon
  mount -t tmpfs none /run/avahi-daemon
  unshare -n sleep 60 & other=$!
  sleep 0.3
  ip link add d0 type veth peer name d1
  ip link set d1 netns $other
  ip addr add 10.77.0.1/24 dev d0
  ip link set d0 up
  nsenter -t $other -n sh -ec "ip link set lo up; ip addr add 10.77.0.2/24 dev d1; ip link set d1 up; ip route add 224.0.0.0/4 dev d1"
  nsenter -t $other -n node "$1" $$
  kill $other' sh "$1" "$2"
