/* WebSocket links on one epoll loop: handshake, frames, base64. Shared by load.c and splice.c. */
#ifndef WIRE_H
#define WIRE_H
#include <stddef.h>
#include <stdint.h>

enum link_state { SHAKING, OPEN, CLOSED };

struct link {
    int fd, epoll;
    enum link_state state;
    int masks;            /* 1 on the client's side of a socket */
    int number;           /* whose link this is: call or model session */
    void *owner;
    char *in, *out;       /* bytes of a frame not yet complete; bytes the kernel did not take */
    size_t in_len, in_cap, out_len, out_cap;
};

typedef void (*on_text)(struct link *, char *text, size_t len);
typedef void (*on_open)(struct link *, char *head, size_t len);

int64_t now_ns(void);
int listen_on(int port);
int dial(int port);
struct link *link_new(int epoll, int fd, int masks, int number, void *owner);
void link_send(struct link *, const char *bytes, size_t len);
void link_text(struct link *, const char *text, size_t len);
void link_close(struct link *);
/* Reads once; calls opened for the end of the handshake and text for every whole text frame. */
void link_read(struct link *, on_open opened, on_text text);
void link_flush(struct link *);
void answer_upgrade(struct link *, const char *head, size_t len);
size_t base64_encode(char *to, const uint8_t *from, size_t len);
size_t base64_decode(uint8_t *to, const char *from, size_t len);
void *must(void *pointer);
#endif
