/*
 * Sends the packets of a file, IPv4 from its first octet on, each behind its length in two octets: one after the other and
 * again from the start, so many a second, whatever comes of it. Replies have ports to go to, where nobody reads them: a
 * port that is closed would have the kernel answer each. flood FILE PER_SECOND SECONDS FIRST_PORT PORTS
 *
 * Says how many were sent, and in how many seconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { batch = 64, most = 65536, destination = 16 };

static struct mmsghdr messages[most + batch];
static struct iovec parts[most + batch];
static struct sockaddr_in peers[most + batch];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int read_packets(const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char size[2];
	int count = 0;

	while (file && count < most && fread(size, 1, 2, file) == 2) {
		size_t octets = size[0] << 8 | size[1];
		unsigned char *packet = malloc(octets);

		if (octets < 28 || !packet || fread(packet, 1, octets, file) != octets)
			return 0;
		parts[count].iov_base = packet;
		parts[count].iov_len = octets;
		peers[count].sin_family = AF_INET;
		memcpy(&peers[count].sin_addr, packet + destination, 4);
		count++;
	}
	/* So that a batch may begin anywhere. */
	for (int i = 0; count > 0 && i < count + batch; i++) {
		parts[i] = parts[i % count];
		peers[i] = peers[i % count];
		messages[i].msg_hdr.msg_name = &peers[i];
		messages[i].msg_hdr.msg_namelen = sizeof peers[i];
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	return count;
}

static int open_sinks(int first, int ports)
{
	for (int port = first; port < first + ports; port++) {
		struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
		int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 0;

		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
		if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	double rate = argc == 6 ? atof(argv[2]) : 0, lasts = argc == 6 ? atof(argv[3]) : 0;
	int count = argc == 6 ? read_packets(argv[1]) : 0;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (count == 0 || rate <= 0 || lasts <= 0) {
		fprintf(stderr, "flood: which packets, and how many?\n");
		return 64;
	}
	if (fd < 0 || open_sinks(atoi(argv[4]), atoi(argv[5])) != 0) {
		perror("flood");
		return 71;
	}
	double start = now(), passed = 0;
	long long sent = 0;
	int next = 0;
	while (passed < lasts) {
		long long due = rate * passed - sent;
		int wanted = due > batch ? batch : (int)due;
		int done = wanted > 0 ? sendmmsg(fd, messages + next, wanted, 0) : 0;

		if (wanted <= 0)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
		if (done > 0) {
			sent += done;
			next = (next + done) % count;
		}
		passed = now() - start;
	}
	printf("%lld %.6f\n", sent, passed);
	return 0;
}
