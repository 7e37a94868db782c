/** Kernel settings of a PoP's host, each with its reason. The same at every PoP. */
import { everyone, type RenderingKind } from '../rendering.ts';

const text = `# Kernel settings of a PoP's host: /etc/sysctl.d/90-anycast.conf, then \`sysctl --system\`.
# Made by \`anycast render\`. \`anycast doctor\` says what of this a host lacks.

# The resolver asks for 4 MiB for each UDP socket, a tenth of a second at 40 000 queries a second, and is granted no more
# than this. What finds no room while it pauses is lost without a trace that a client could see.
net.core.rmem_max = 8388608
net.core.wmem_max = 8388608

# Packets from the network card that wait for a processor: 1000 are gone in a millisecond of a burst.
net.core.netdev_max_backlog = 10000

# Connections that wait to be accepted. Node asks for 511; the kernel grants the smaller number.
net.core.somaxconn = 4096

# A flood of SYNs must not keep resolvers out that fall back to TCP.
net.ipv4.tcp_syncookies = 1

# Queries to a service address come in by whatever path the Internet chose, and leave by the default route. Strict reverse
# path filtering (1) drops them where those differ; loose (2) still drops sources that have no route at all.
net.ipv4.conf.all.rp_filter = 2
net.ipv4.conf.default.rp_filter = 2

# The service address is on lo. By default Linux answers ARP for it on every interface, so that one host on a shared LAN
# takes the traffic of all; and it may name it as sender when it asks itself.
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.default.arp_ignore = 1
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.default.arp_announce = 2

# "Packet too big" is sent to the shared address and may arrive at another PoP: TCP finds the size by itself (RFC 4821).
net.ipv4.tcp_mtu_probing = 1

# Source ports of the resolver's own queries: the more there are, the harder it is to guess one (RFC 5452 section 9).
net.ipv4.ip_local_port_range = 10240 65535

# A listener must find out that the service address is missing, so nothing may bind to what is not there.
net.ipv4.ip_nonlocal_bind = 0
net.ipv6.ip_nonlocal_bind = 0

# An interface that goes down and comes up again keeps its IPv6 addresses, and with them its BGP session.
net.ipv6.conf.all.keep_addr_on_down = 1
net.ipv6.conf.default.keep_addr_on_down = 1
`;

export const sysctlRendering: RenderingKind = {
  kind: 'sysctl',
  summary: "kernel settings of the PoP's host",
  render: async () => [{ path: '90-anycast.conf', text, mode: everyone }],
  next: (_slice, { out }) => [
    `install -m 0644 ${out}/sysctl/90-anycast.conf /etc/sysctl.d/ && sysctl --system`,
  ],
};
