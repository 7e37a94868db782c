/*
 * The floor of what a UDP server can cost: one socket, recvmmsg and sendmmsg of 64 datagrams, each sent back as it came with
 * QR set and the answer's counts left at nothing. echo ADDRESS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { batch = 64, room = 1232, port = 53 };

static unsigned char octets[batch][room];
static struct sockaddr_in peers[batch];
static struct iovec parts[batch];
static struct mmsghdr messages[batch];

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(port) };
	int size = 4 * 1024 * 1024;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2 || inet_pton(AF_INET, argv[1], &own.sin_addr) != 1) {
		fprintf(stderr, "echo: which address?\n");
		return 64;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0) {
		perror("echo");
		return 71;
	}
	for (int i = 0; i < batch; i++) {
		messages[i].msg_hdr.msg_name = &peers[i];
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		parts[i].iov_base = octets[i];
	}
	for (;;) {
		for (int i = 0; i < batch; i++) {
			messages[i].msg_hdr.msg_namelen = sizeof peers[i];
			parts[i].iov_len = room;
		}
		/* The first is waited for, the others are what is there. */
		int got = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
		for (int i = 0; i < got; i++) {
			parts[i].iov_len = messages[i].msg_len;
			if (messages[i].msg_len > 2)
				octets[i][2] |= 0x80;
		}
		for (int sent = 0; sent < got;) {
			int now = sendmmsg(fd, messages + sent, got - sent, 0);
			/* What the kernel will not send is lost, and the next one's turn. */
			sent += now > 0 ? now : 1;
		}
	}
}
