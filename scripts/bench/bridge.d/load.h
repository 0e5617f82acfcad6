/* What the two stand-ins share: how the run was asked for, and the calls. */
#ifndef LOAD_H
#define LOAD_H
#include "lane.h"
#include "wire.h"

#define TICK_NS FRAME_NS
#define MARKS 64

struct run {
    int calls, seconds, phone_port, model_port;
    int pcm;   /* the peer asks the model for 24 kHz PCM: audio is read as a staircase of levels */
    int counting; /* every call stands: frames carry numbers from now on, silence before */
    int paced; /* the peer sends audio out at the speed of speech: late means later than playing it needs */
    const char *path;
    char **targets; /* one line a call: path, then headers, tab between; or NULL */
    int epoll;
};

struct mark { int64_t due; char name[96]; };

struct call { /* the phone's side */
    struct link *phone;
    struct lane up;
    uint32_t chunk, sequence;
    char sid[40];
    int64_t play_until;
    struct mark marks[MARKS];
    uint32_t mark_first, mark_end;
    uint8_t part[160]; /* a frame cut in two by the peer's chunking */
    int part_len;
};

struct session { /* the model's side */
    struct link *model;
    struct lane down;
    int ready, tick, turn, period, silent, heard_ms;
    int64_t ideal;
};

extern struct run run;
extern struct call *calls;
extern struct session *sessions;
extern int session_n, ready_n;
extern struct result up, down;
extern uint64_t clears, marks_echoed, media_messages, append_messages, model_events, errors;
extern int64_t arrived; /* when the bytes now being read came in */

/* phone.c */
void phone_dial(int number);
void phone_step(int number, int64_t now);
void phone_read(struct link *);
/* model.c */
void model_accept(int door);
void model_step(int number, int64_t now);
void model_read(struct link *);

void stamp(uint8_t frame[160], uint32_t owner, uint32_t number);
int stamped(const uint8_t *frame, uint32_t *owner, uint32_t *number);
char *after(char *text, size_t len, const char *word);
#endif
