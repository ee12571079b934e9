#!/bin/sh
# Becomes a Pacemaker node, inside a network, a mount and a UTS namespace of its own (PacemakerCluster.java starts it):
# gives itself the folders that a machine does not share, then runs corosync and Pacemaker. When this process is ended
# the others go on; the whole node is lost by ending every process of its network namespace.
#
# node.sh NAME FOLDER FENCE AGENT
#   FOLDER  the node's own; holds corosync.conf, authkey and cib.xml
#   FENCE   folder of the fence device, and of its agent
#   AGENT   folder of the resource agent posthouse
set -eu
name=$1 folder=$2 fence=$3 agent=$4

mount --make-rprivate /
hostname "$name"
mkdir -p "$folder/pacemaker/cib" "$folder/pacemaker/pengine" "$folder/pacemaker/blackbox" "$folder/pacemaker/cores" \
    "$folder/corosync" "$folder/log" "$folder/sbin" "$folder/sbin-work" "$folder/ocf/heartbeat" \
    "$folder/ocf/pacemaker" "$folder/ocf/posthouse"
if [ ! -e "$folder/pacemaker/cib/cib.xml" ]; then
    cp "$folder/cib.xml" "$folder/pacemaker/cib/cib.xml"
    chmod 600 "$folder/pacemaker/cib/cib.xml"
fi
chown -R hacluster:haclient "$folder/pacemaker" "$folder/log"
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mkdir -p /run/crm /run/resource-agents /run/lock /run/corosync
chown hacluster:haclient /run/crm
mount --bind "$folder/pacemaker" /var/lib/pacemaker
mount --bind "$folder/corosync" /var/lib/corosync
mount --bind "$folder/etc" /etc/corosync
mount --bind "$folder/log" /var/log/pacemaker

# The fence agent beside those of the machine, the resource agent beside the others.
cp "$fence/fence_posthouse_test" "$folder/sbin/"
mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$folder/sbin,workdir=$folder/sbin-work" /usr/sbin
for provider in heartbeat pacemaker; do
    mount --bind "/usr/lib/ocf/resource.d/$provider" "$folder/ocf/$provider"
done
mount --bind "$agent" "$folder/ocf/posthouse"
mount --rbind "$folder/ocf" /usr/lib/ocf/resource.d

corosync -f >>"$folder/log/corosync.log" 2>&1 &
# Pacemaker itself waits until corosync answers.
pacemakerd -f >>"$folder/log/pacemakerd.log" 2>&1 &
exec sleep infinity
