/*
 * Times system calls on one loopback TCP connection. A line "r BYTES CALLS" or "w BYTES CALLS" on stdin answers with the
 * nanoseconds a call took. Reads find their bytes already queued and writes are corked, so that a call costs little
 * beside what is measured: no packet is sent inside the timed loop's usual step.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
#define BURSTS_MAX 4096
static char buffer[CHUNK];

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void move_all(int fd, int out, size_t bytes)
{
	while (bytes > 0) {
		size_t want = bytes < CHUNK ? bytes : CHUNK;
		ssize_t n = out ? write(fd, buffer, want) : read(fd, buffer, want);
		must(n > 0, "move");
		bytes -= n;
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/*
 * Nanoseconds a call of `bytes` bytes: the median of bursts, so that being preempted spoils one burst and not the run.
 * The other end's share of the work is outside the clock.
 */
static double run(int from, int to, char mode, size_t bytes, long calls)
{
	static double bursts[BURSTS_MAX];
	long each = CHUNK / bytes, n = 0;
	while (n < BURSTS_MAX && n * each < calls) {
		if (mode == 'r')
			move_all(to, 1, each * bytes);
		else
			cork(to, 1);
		double begin = now();
		for (long i = 0; i < each; i++)
			must((mode == 'r' ? read(from, buffer, bytes) : write(to, buffer, bytes)) == (ssize_t)bytes, "call");
		bursts[n++] = (now() - begin) / each;
		cork(to, 0);
		if (mode == 'w')
			move_all(from, 0, each * bytes);
	}
	qsort(bursts, n, sizeof(double), by_size);
	return bursts[n / 2];
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), to = socket(AF_INET, SOCK_STREAM, 0), size = 4 << 20;
	must(!bind(listener, (void *)&address, length) && !listen(listener, 1), "listen");
	getsockname(listener, (void *)&address, &length);
	setsockopt(to, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	must(!connect(to, (void *)&address, length), "connect");
	int from = accept(listener, 0, 0);
	char mode;
	size_t bytes;
	long calls;
	while (scanf(" %c %zu %ld", &mode, &bytes, &calls) == 3) {
		printf("%.1f\n", run(from, to, mode, bytes, calls));
		fflush(stdout);
	}
	return 0;
}
