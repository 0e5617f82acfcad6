/* The floor: one epoll loop that copies the bytes of each call's two sockets after the handshakes, reading nothing. */
#define _GNU_SOURCE
#include "wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int epoll_fd, model_port;
static char model_path[256];

static void nothing(struct link *l, char *text, size_t len) { (void)l; (void)text; (void)len; }

static void model_opened(struct link *l, char *head, size_t len) { (void)l; (void)head; (void)len; }

static void phone_opened(struct link *phone, char *head, size_t len) {
    char request[512];
    int fd = dial(model_port);
    if (fd < 0) { link_close(phone); return; }
    struct link *model = link_new(epoll_fd, fd, 1, 1, phone);
    phone->owner = model;
    link_send(model, request, snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", model_path));
    answer_upgrade(phone, head, len);
}

static void copy(struct link *from) {
    static char buffer[1 << 18];
    struct link *to = from->owner;
    if (from->in_len) { link_send(to, from->in, from->in_len); from->in_len = 0; }
    ssize_t n = recv(from->fd, buffer, sizeof buffer, 0);
    if (n > 0) link_send(to, buffer, n);
    else if (n == 0 || errno != EAGAIN) { link_close(from); if (to) link_close(to); }
}

int main(void) {
    const char *url = getenv("MODEL_URL"), *port = getenv("PORT");
    if (!url || !port || sscanf(url, "ws://127.0.0.1:%d%255s", &model_port, model_path) != 2) return 2;
    epoll_fd = epoll_create1(0);
    int door = listen_on(atoi(port));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, ready[256];
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, door, &e);
    for (;;) {
        int n = epoll_wait(epoll_fd, ready, 256, -1);
        for (int i = 0; i < n; i++) {
            struct link *l = ready[i].data.ptr;
            if (!l) {
                int fd = accept(door, NULL, NULL);
                if (fd >= 0) link_new(epoll_fd, fd, 0, 0, NULL);
                continue;
            }
            if (l->state == CLOSED) continue;
            if (ready[i].events & EPOLLOUT && l->out_len) link_flush(l);
            if (!(ready[i].events & ~EPOLLOUT)) continue;
            /* what the phone says before the model has answered waits in the kernel */
            if (l->state == SHAKING) link_read(l, l->number ? model_opened : phone_opened, nothing);
            else if (l->number || ((struct link *)l->owner)->state == OPEN) copy(l);
            else if (((struct link *)l->owner)->state == CLOSED) link_close(l);
        }
    }
}
