/* WebSocket links on one epoll loop: handshake, frames, base64. */
#define _GNU_SOURCE
#include "wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static char scratch[1 << 20];

void *must(void *pointer) {
    if (!pointer) { fprintf(stderr, "out of memory\n"); exit(2); }
    return pointer;
}

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void tune(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (void *)&a, sizeof a) || listen(fd, 1024)) { perror("listen"); exit(2); }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

int dial(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = loopback(port);
    if (connect(fd, (void *)&a, sizeof a)) { close(fd); return -1; }
    return fd;
}

struct link *link_new(int epoll, int fd, int masks, int number, void *owner) {
    struct link *l = must(calloc(1, sizeof *l));
    *l = (struct link){.fd = fd, .epoll = epoll, .masks = masks, .number = number, .owner = owner, .state = SHAKING};
    tune(fd);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    return l;
}

void link_close(struct link *l) {
    if (l->state == CLOSED) return;
    l->state = CLOSED;
    close(l->fd);
}

static void keep(char **buffer, size_t *len, size_t *cap, const char *bytes, size_t n) {
    if (*len + n > *cap) {
        *cap = (*len + n) * 2;
        *buffer = must(realloc(*buffer, *cap));
    }
    memcpy(*buffer + *len, bytes, n);
    *len += n;
}

static void watch(struct link *l, uint32_t events) {
    struct epoll_event e = {.events = events, .data.ptr = l};
    epoll_ctl(l->epoll, EPOLL_CTL_MOD, l->fd, &e);
}

void link_send(struct link *l, const char *bytes, size_t len) {
    if (l->state == CLOSED) return;
    if (!l->out_len) {
        ssize_t n = send(l->fd, bytes, len, MSG_NOSIGNAL);
        if (n == (ssize_t)len) return;
        if (n < 0 && errno != EAGAIN) { link_close(l); return; }
        if (n > 0) { bytes += n; len -= n; }
        watch(l, EPOLLIN | EPOLLOUT);
    }
    keep(&l->out, &l->out_len, &l->out_cap, bytes, len);
}

void link_flush(struct link *l) {
    ssize_t n = send(l->fd, l->out, l->out_len, MSG_NOSIGNAL);
    if (n < 0) { if (errno != EAGAIN) link_close(l); return; }
    memmove(l->out, l->out + n, l->out_len - n);
    l->out_len -= n;
    if (!l->out_len) watch(l, EPOLLIN);
}

static void mask_bytes(char *bytes, size_t len, uint32_t key) {
    uint64_t wide = key | (uint64_t)key << 32;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t w;
        memcpy(&w, bytes + i, 8);
        w ^= wide;
        memcpy(bytes + i, &w, 8);
    }
    for (; i < len; i++) bytes[i] ^= ((uint8_t *)&key)[i & 3];
}

static void link_frame(struct link *l, int opcode, const char *payload, size_t len) {
    static char frame[1 << 18];
    static uint32_t key = 0x9e3779b9;
    size_t h = 2;
    frame[0] = 0x80 | opcode;
    if (len < 126) frame[1] = len;
    else if (len < 65536) { frame[1] = 126; frame[2] = len >> 8; frame[3] = len; h = 4; }
    else { fprintf(stderr, "frame too long\n"); exit(2); }
    if (l->masks) {
        key = key * 1664525 + 1013904223;
        frame[1] |= 0x80;
        memcpy(frame + h, &key, 4);
        h += 4;
    }
    memcpy(frame + h, payload, len);
    if (l->masks) mask_bytes(frame + h, len, key);
    link_send(l, frame, h + len);
}

void link_text(struct link *l, const char *text, size_t len) { link_frame(l, 1, text, len); }

/* One whole frame's bytes at p, or 0 when more must come. */
static size_t whole_frame(struct link *l, uint8_t *p, size_t n, on_text text) {
    size_t h = 2, len;
    if (n < 2) return 0;
    len = p[1] & 127;
    if (len == 126) { if (n < 4) return 0; len = p[2] << 8 | p[3]; h = 4; }
    else if (len == 127) {
        if (n < 10) return 0;
        len = 0;
        for (int i = 2; i < 10; i++) len = len << 8 | p[i];
        h = 10;
    }
    int masked = p[1] >> 7;
    if (n < h + 4 * masked + len) return 0;
    char *payload = (char *)p + h + 4 * masked;
    if (masked) { uint32_t key; memcpy(&key, p + h, 4); mask_bytes(payload, len, key); }
    int opcode = p[0] & 15;
    if (opcode == 1 && p[0] & 0x80) text(l, payload, len);
    else if (opcode == 9) link_frame(l, 10, payload, len);
    else if (opcode == 8) { link_frame(l, 8, payload, len > 2 ? 2 : len); link_close(l); }
    else if (opcode != 10) { fprintf(stderr, "unexpected frame, opcode %d fin %d\n", opcode, p[0] >> 7); exit(2); }
    return h + 4 * masked + len;
}

void link_read(struct link *l, on_open opened, on_text text) {
    char *p = scratch;
    size_t n = l->in_len, done = 0;
    if (n) memcpy(p, l->in, n);
    ssize_t got = recv(l->fd, p + n, sizeof scratch - n, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) link_close(l); return; }
    n += got;
    l->in_len = 0;
    if (l->state == SHAKING) {
        char *end = memmem(p, n, "\r\n\r\n", 4);
        if (!end) { keep(&l->in, &l->in_len, &l->in_cap, p, n); return; }
        done = end + 4 - p;
        l->state = OPEN;
        opened(l, p, done);
    }
    while (l->state == OPEN) {
        size_t used = whole_frame(l, (uint8_t *)p + done, n - done, text);
        if (!used) break;
        done += used;
    }
    if (l->state == OPEN && done < n) keep(&l->in, &l->in_len, &l->in_cap, p + done, n - done);
}

/* SHA-1 as RFC 6455 wants it for Sec-WebSocket-Accept: short input, no streaming. */
static void sha1(const uint8_t *data, size_t len, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    uint8_t block[128] = {0};
    size_t blocks = len + 9 > 64 ? 2 : 1;
    memcpy(block, data, len);
    block[len] = 0x80;
    for (int i = 0; i < 8; i++) block[blocks * 64 - 1 - i] = (uint64_t)len * 8 >> 8 * i;
    for (size_t b = 0; b < blocks; b++) {
        for (int i = 0; i < 16; i++) {
            memcpy(&w[i], block + b * 64 + i * 4, 4);
            w[i] = ntohl(w[i]);
        }
        for (int i = 16; i < 80; i++) {
            uint32_t x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
            w[i] = x << 1 | x >> 31;
        }
        uint32_t a = h[0], c1 = h[1], c2 = h[2], c3 = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (c1 & c2) | (~c1 & c3) : i < 40 ? c1 ^ c2 ^ c3
                       : i < 60 ? (c1 & c2) | (c1 & c3) | (c2 & c3) : c1 ^ c2 ^ c3;
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t t = (a << 5 | a >> 27) + f + e + k + w[i];
            e = c3; c3 = c2; c2 = c1 << 30 | c1 >> 2; c1 = a; a = t;
        }
        h[0] += a; h[1] += c1; h[2] += c2; h[3] += c3; h[4] += e;
    }
    for (int i = 0; i < 5; i++) { uint32_t be = htonl(h[i]); memcpy(digest + 4 * i, &be, 4); }
}

void answer_upgrade(struct link *l, const char *head, size_t len) {
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[128], accept[40], answer[256], copy[8192];
    uint8_t digest[20];
    size_t n = len < sizeof copy - 1 ? len : sizeof copy - 1;
    memcpy(copy, head, n);
    copy[n] = 0;
    char *key = strcasestr(copy, "sec-websocket-key:");
    if (!key) { link_close(l); return; }
    key += 18;
    while (*key == ' ') key++;
    n = strcspn(key, " \r\n");
    if (n > 64) { link_close(l); return; }
    memcpy(joined, key, n);
    memcpy(joined + n, magic, sizeof magic - 1);
    sha1((uint8_t *)joined, n + sizeof magic - 1, digest);
    accept[base64_encode(accept, digest, 20)] = 0;
    link_send(l, answer, snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n", accept));
}

size_t base64_encode(char *to, const uint8_t *from, size_t len) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *start = to;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = from[i] << 16 | (i + 1 < len ? from[i + 1] << 8 : 0) | (i + 2 < len ? from[i + 2] : 0);
        *to++ = letters[v >> 18];
        *to++ = letters[v >> 12 & 63];
        *to++ = i + 1 < len ? letters[v >> 6 & 63] : '=';
        *to++ = i + 2 < len ? letters[v & 63] : '=';
    }
    return to - start;
}

size_t base64_decode(uint8_t *to, const char *from, size_t len) {
    static uint8_t value[256];
    if (!value['B'])
        for (int i = 0; i < 64; i++)
            value[(uint8_t)"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i]] = i;
    const uint8_t *s = (const uint8_t *)from;
    size_t n = 0;
    for (size_t i = 0; i + 4 <= len; i += 4) {
        uint32_t v = value[s[i]] << 18 | value[s[i + 1]] << 12 | value[s[i + 2]] << 6 | value[s[i + 3]];
        to[n++] = v >> 16;
        if (s[i + 2] != '=') to[n++] = v >> 8;
        if (s[i + 3] != '=') to[n++] = v;
    }
    return n;
}
