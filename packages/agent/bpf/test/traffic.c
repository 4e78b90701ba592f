// SPDX-License-Identifier: GPL-2.0
/*
 * Makes socket traffic whose every call is known, for the kernel tests: `traffic SCENARIO`, one scenario a run. Prints
 * nothing; a call that does not do what the scenario needs ends the run with an error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call)                                                        \
	({                                                                \
		long r_ = (long)(call);                                   \
		if (r_ < 0) {                                             \
			fprintf(stderr, "line %d: " #call ": %s\n", __LINE__, strerror(errno)); \
			exit(1);                                          \
		}                                                         \
		r_;                                                       \
	})

struct pair {
	int client, server, listener;
};

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, {} };
}

static int listen4(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listener = MUST(socket(AF_INET, SOCK_STREAM, 0));
	*address = loopback(0);
	MUST(bind(listener, (void *)address, length));
	MUST(listen(listener, 8));
	MUST(getsockname(listener, (void *)address, &length));
	return listener;
}

static struct pair tcp4(void)
{
	struct sockaddr_in address;
	struct pair pair;
	pair.listener = listen4(&address);
	pair.client = MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect(pair.client, (void *)&address, sizeof(address)));
	pair.server = MUST(accept4(pair.listener, 0, 0, SOCK_CLOEXEC));
	return pair;
}

static void close_pair(struct pair pair)
{
	close(pair.client);
	close(pair.server);
	close(pair.listener);
}

static struct iovec part(const char *text)
{
	return (struct iovec){ (void *)text, strlen(text) };
}

/* Every call that moves bytes, each once, on one connection. */
static void calls(void)
{
	struct pair p = tcp4();
	char buffer[256];
	struct iovec out[2] = { part("wri"), part("tev") }, in = { buffer, sizeof(buffer) };
	MUST(write(p.client, "write", 5));
	MUST(read(p.server, buffer, sizeof(buffer)));
	MUST(writev(p.client, out, 2));
	MUST(readv(p.server, &in, 1));
	MUST(sendto(p.client, "sendto", 6, 0, 0, 0));
	MUST(recvfrom(p.server, buffer, sizeof(buffer), 0, 0, 0));
	struct msghdr message = { .msg_iov = out, .msg_iovlen = 2 }, reply = { .msg_iov = &in, .msg_iovlen = 1 };
	MUST(sendmsg(p.client, &message, 0));
	MUST(recvmsg(p.server, &reply, 0));
	struct iovec first = part("first"), second = part("second");
	struct mmsghdr batch[2] = { { { .msg_iov = &first, .msg_iovlen = 1 }, 0 }, { { .msg_iov = &second, .msg_iovlen = 1 }, 0 } };
	MUST(sendmmsg(p.client, batch, 2, 0));
	MUST(recv(p.server, buffer, sizeof(buffer), 0));
	MUST(pwritev2(p.client, out, 2, -1, 0));
	MUST(preadv2(p.server, &in, 1, -1, 0));
	int file = MUST(open("/proc/self/exe", O_RDONLY));
	MUST(sendfile(p.client, file, 0, 100));
	MUST(read(p.server, buffer, sizeof(buffer)));
	int pipes[2];
	MUST(pipe(pipes));
	MUST(write(pipes[1], "splice", 6));
	MUST(splice(pipes[0], 0, p.client, 0, 6, 0));
	MUST(splice(p.server, 0, pipes[1], 0, 6, 0));
	close(file);
	close_pair(p);
}

/* Nothing here is to be reported, except the one real read and the read that threw its bytes away. */
static void aside(void)
{
	struct pair p = tcp4();
	int unix_pair[2];
	char buffer[64];
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_pair));
	MUST(write(unix_pair[0], "unix", 4));
	MUST(read(unix_pair[1], buffer, sizeof(buffer)));
	MUST(write(p.client, "peeked", 6));
	MUST(recv(p.server, buffer, sizeof(buffer), MSG_PEEK));
	MUST(recv(p.server, buffer, 3, MSG_PEEK));
	MUST(recv(p.server, buffer, sizeof(buffer), 0));
	MUST(write(p.client, "thrown", 6));
	MUST(recv(p.server, buffer, sizeof(buffer), MSG_TRUNC));
	if (recv(p.server, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0)
		exit(1);
	/* A write that failed, then one that is of no socket. */
	int pipes[2];
	MUST(pipe(pipes));
	MUST(shutdown(p.client, SHUT_WR));
	if (send(p.client, "late", 4, MSG_NOSIGNAL) >= 0)
		exit(1);
	MUST(write(pipes[1], "a line of a log", 15));
	if (writev(p.client, &(struct iovec){ 0, 0 }, 1) > 0)
		exit(1);
	MUST(write(pipes[1], "another", 7));
	close_pair(p);
}

/* Gathering: an empty part in between, then more parts than are looked at. */
static void vectors(void)
{
	struct pair p = tcp4();
	struct iovec few[4] = { part("ab"), part(""), part("cde"), part("f") }, many[40], in[3];
	char buffer[512];
	for (int i = 0; i < 40; i++)
		many[i] = part("0123456789");
	MUST(writev(p.client, few, 4));
	in[0] = (struct iovec){ buffer, 4 };
	in[1] = (struct iovec){ buffer + 100, 1 };
	in[2] = (struct iovec){ buffer + 200, 100 };
	MUST(readv(p.server, in, 3));
	MUST(writev(p.client, many, 40));
	close_pair(p);
}

static int udp4(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));
	*address = loopback(0);
	MUST(bind(fd, (void *)address, length));
	MUST(getsockname(fd, (void *)address, &length));
	return fd;
}

/* One server socket, three peers, named in every way a call can name them. */
static void datagrams(void)
{
	struct sockaddr_in server_address, peer[3], from;
	int server = udp4(&server_address), client[3];
	socklen_t length = sizeof(from);
	char buffer[3][64];
	for (int i = 0; i < 3; i++) {
		client[i] = udp4(&peer[i]);
		MUST(sendto(client[i], "ask", 3, 0, (void *)&server_address, length));
	}
	MUST(recvfrom(server, buffer[0], 64, 0, (void *)&from, &length));
	struct iovec in[2] = { { buffer[1], 64 }, { buffer[2], 64 } };
	struct sockaddr_in names[2];
	struct mmsghdr batch[2] = { { { &names[0], sizeof(from), &in[0], 1, 0, 0, 0 }, 0 },
				    { { &names[1], sizeof(from), &in[1], 1, 0, 0, 0 }, 0 } };
	if (MUST(recvmmsg(server, batch, 2, 0, 0)) != 2)
		exit(1);
	struct iovec out[3] = { part("re-one"), part("re-two!"), part("re-three") };
	struct mmsghdr replies[2] = { { { &peer[1], sizeof(from), &out[1], 1, 0, 0, 0 }, 0 },
				      { { &peer[2], sizeof(from), &out[2], 1, 0, 0, 0 }, 0 } };
	struct msghdr reply = { &peer[0], sizeof(from), &out[0], 1, 0, 0, 0 };
	MUST(sendmsg(server, &reply, 0));
	if (MUST(sendmmsg(server, replies, 2, 0)) != 2)
		exit(1);
	MUST(connect(client[0], (void *)&server_address, length));
	MUST(recv(client[0], buffer[0], 64, 0));
	MUST(send(client[0], "again", 5, 0));
	MUST(read(server, buffer[0], 64));
}

static struct sockaddr_in6 loopback6(int mapped)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	if (mapped)
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
	return address;
}

/* IPv6 proper; then an IPv4 client at a dual-stack server: both ends are IPv4. */
static void addresses(void)
{
	for (int mapped = 0; mapped < 2; mapped++) {
		struct sockaddr_in6 address = loopback6(0);
		socklen_t length = sizeof(address);
		int listener = MUST(socket(AF_INET6, SOCK_STREAM, 0)), client = MUST(socket(AF_INET6, SOCK_STREAM, 0));
		if (mapped)
			address.sin6_addr = in6addr_any;
		MUST(bind(listener, (void *)&address, length));
		MUST(listen(listener, 1));
		MUST(getsockname(listener, (void *)&address, &length));
		struct sockaddr_in6 to = loopback6(mapped);
		to.sin6_port = address.sin6_port;
		MUST(connect(client, (void *)&to, length));
		int server = MUST(accept(listener, 0, 0));
		char buffer[8];
		MUST(write(client, mapped ? "mapped" : "six", mapped ? 6 : 3));
		MUST(read(server, buffer, 8));
		close_pair((struct pair){ client, server, listener });
	}
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(address);
	int server = MUST(socket(AF_INET6, SOCK_DGRAM, 0)), client = MUST(socket(AF_INET6, SOCK_DGRAM, 0));
	MUST(bind(server, (void *)&address, length));
	MUST(getsockname(server, (void *)&address, &length));
	for (int mapped = 0; mapped < 2; mapped++) {
		struct sockaddr_in6 to = loopback6(mapped), from;
		char buffer[8];
		to.sin6_port = address.sin6_port;
		MUST(sendto(client, "dgram", 5, 0, (void *)&to, length));
		MUST(recvfrom(server, buffer, 8, 0, (void *)&from, &length));
	}
}

/* Refused while waiting, refused while polling, and no way there at all. */
static void failures(void)
{
	struct sockaddr_in closed;
	close(listen4(&closed));
	int blocking = MUST(socket(AF_INET, SOCK_STREAM, 0));
	if (connect(blocking, (void *)&closed, sizeof(closed)) == 0)
		exit(1);
	int polling = MUST(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	if (connect(polling, (void *)&closed, sizeof(closed)) == 0)
		exit(1);
	struct pollfd wait = { polling, POLLOUT, 0 };
	MUST(poll(&wait, 1, 1000));
	connect(polling, (void *)&closed, sizeof(closed));
	/* A network of its own has no way to anywhere (RFC 5737: an address for documents). */
	MUST(unshare(CLONE_NEWNET));
	struct sockaddr_in nowhere = { AF_INET, htons(9), { htonl(0xc0000201) }, {} };
	int lost = MUST(socket(AF_INET, SOCK_STREAM, 0));
	if (connect(lost, (void *)&nowhere, sizeof(nowhere)) == 0)
		exit(1);
}

/* dup and fork share a socket: closing one descriptor ends nothing. */
static void sharing(void)
{
	struct pair p = tcp4();
	char buffer[16];
	MUST(write(p.client, "one", 3));
	int copy = MUST(dup(p.client));
	close(p.client);
	MUST(write(copy, "two", 3));
	pid_t child = MUST(fork());
	if (child == 0) {
		MUST(write(copy, "three", 5));
		_exit(0);
	}
	waitpid(child, 0, 0);
	MUST(write(copy, "four", 4));
	MUST(read(p.server, buffer, sizeof(buffer)));
	close(copy);
	close(p.server);
}

/* The client ends its side first; the server's answer lies unread while the connection ends underneath. */
static void half_closed(void)
{
	struct pair p = tcp4();
	char buffer[32];
	MUST(write(p.client, "ask", 3));
	MUST(shutdown(p.client, SHUT_WR));
	MUST(read(p.server, buffer, sizeof(buffer)));
	MUST(write(p.server, "answer", 6));
	close(p.server);
	usleep(50000);
	MUST(read(p.client, buffer, 3));
	MUST(read(p.client, buffer, sizeof(buffer)));
	close(p.client);
}

/* The answer's last segment carries the FIN; the reader takes both in one call. */
static void fin_with_data(void)
{
	struct pair p = tcp4();
	char buffer[32];
	MUST(write(p.server, "bye", 3));
	close(p.server);
	usleep(20000);
	MUST(read(p.client, buffer, sizeof(buffer)));
	close(p.client);
}

/* COUNT messages of BYTES bytes, each written and read: for rings that overflow. */
static void flood(long count, long bytes)
{
	struct pair p = tcp4();
	char *buffer = calloc(1, bytes);
	for (long i = 0; i < count; i++) {
		MUST(write(p.client, buffer, bytes));
		MUST(recv(p.server, buffer, bytes, MSG_WAITALL));
	}
	close_pair(p);
}

/* A connection that is open before the programs are: says "open", waits for a line, then speaks. */
static void older(void)
{
	struct pair p = tcp4();
	char buffer[32];
	puts("open");
	fflush(stdout);
	MUST(read(0, buffer, 1));
	MUST(write(p.client, "old", 3));
	MUST(read(p.server, buffer, sizeof(buffer)));
	close_pair(p);
}

/* COUNT messages of BYTES bytes, in PARTS equal parts, on one connection for each byte read from stdin, then a line to stdout. */
static void pulse(long count, long bytes, long parts)
{
	struct pair p = tcp4();
	char go, *buffer = malloc(bytes);
	struct iovec iov[parts];
	for (long i = 0; i < bytes; i++)
		buffer[i] = 'a' + i % 26;
	for (long i = 0; i < parts; i++)
		iov[i] = (struct iovec){ buffer + i * (bytes / parts), bytes / parts };
	while (read(0, &go, 1) == 1) {
		for (long i = 0; i < count; i++) {
			MUST(parts == 1 ? write(p.client, buffer, bytes) : writev(p.client, iov, parts));
			MUST(recv(p.server, buffer, bytes, MSG_WAITALL));
		}
		puts("done");
		fflush(stdout);
	}
	close_pair(p);
}

static void *idle(void *unused)
{
	return unused;
}

static void threads(void)
{
	pthread_t thread;
	for (int i = 0; i < 5; i++) {
		if (pthread_create(&thread, 0, idle, 0) || pthread_join(thread, 0))
			exit(1);
	}
}

/* COUNT connections at a time; says "held" and waits for a line. */
static void hold(long count)
{
	char buffer[1];
	for (long i = 0; i < count; i++)
		tcp4();
	puts("held");
	fflush(stdout);
	MUST(read(0, buffer, 1));
}

static void many(long count)
{
	for (long i = 0; i < count; i++)
		close_pair(tcp4());
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} scenarios[] = {
		{ "calls", calls },	    { "aside", aside },		{ "vectors", vectors }, { "datagrams", datagrams },
		{ "addresses", addresses }, { "failures", failures },	{ "sharing", sharing }, { "half-closed", half_closed },
		{ "fin-with-data", fin_with_data }, { "older", older },	{ "threads", threads },
	};
	if (argc == 4 && !strcmp(argv[1], "flood"))
		return flood(atol(argv[2]), atol(argv[3])), 0;
	if (argc == 5 && !strcmp(argv[1], "pulse"))
		return pulse(atol(argv[2]), atol(argv[3]), atol(argv[4])), 0;
	if (argc == 3 && !strcmp(argv[1], "many"))
		return many(atol(argv[2])), 0;
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(atol(argv[2])), 0;
	for (unsigned i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (!strcmp(argv[1], scenarios[i].name))
			return scenarios[i].run(), 0;
	}
	fprintf(stderr, "no such scenario\n");
	return 2;
}
