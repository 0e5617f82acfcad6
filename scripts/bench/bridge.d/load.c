/* Both ends of N calls in one process and one thread: the phone's side and the model's, timed by one clock. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

struct run run;
struct call *calls;
struct session *sessions;
int session_n, ready_n;
struct result up, down;
uint64_t clears, marks_echoed, media_messages, append_messages, model_events, errors;
int64_t arrived;

static struct tally lag; /* how late this program itself was with a frame that was due */
static int door;
static uint64_t slot; /* ticks x calls since the start: call n's frames are due n/calls of a tick after the others' */

/* A frame begins with whose it is and its number; the rest is mu-law silence. */
void stamp(uint8_t frame[160], uint32_t owner, uint32_t number) {
    memset(frame, 0xff, 160);
    memcpy(frame, "oc", 2);
    memcpy(frame + 4, &owner, 4);
    memcpy(frame + 8, &number, 4);
}

int stamped(const uint8_t *frame, uint32_t *owner, uint32_t *number) {
    if (memcmp(frame, "oc", 2)) return 0; /* the silence of before */
    memcpy(owner, frame + 4, 4);
    memcpy(number, frame + 8, 4);
    return 1;
}

/* The first character of the string behind a key, whatever blanks the sender's JSON has. */
char *after(char *text, size_t len, const char *word) {
    char *p = memmem(text, len, word, strlen(word)), *end = text + len;
    if (!p) return NULL;
    for (p += strlen(word); p < end && *p != '"'; p++)
        if (*p != ':' && *p != ' ') return NULL;
    return p < end ? p + 1 : NULL;
}

static void serve(int64_t until) {
    struct epoll_event ready[256];
    int64_t left = until - now_ns();
    if (left < 0) left = 0;
    struct timespec wait = {left / 1000000000, left % 1000000000};
    int n = epoll_pwait2(run.epoll, ready, 256, &wait, NULL);
    for (int i = 0; i < n; i++) {
        struct link *l = ready[i].data.ptr;
        if (!l) { model_accept(door); continue; }
        if (l->state == CLOSED) continue;
        if (ready[i].events & EPOLLOUT && l->out_len) link_flush(l);
        if (!(ready[i].events & ~EPOLLOUT)) continue;
        arrived = now_ns();
        ((void (*)(struct link *))l->owner)(l);
        if (l->state == CLOSED) errors++;
    }
}

/* Runs the calls' clocks to the given moment. */
static void live(int64_t begun, int64_t until) {
    int64_t step = TICK_NS / run.calls;
    for (;;) {
        int64_t now = now_ns(), due = begun + (int64_t)slot * step;
        if (now >= until) return;
        for (int burst = 0; due <= now && burst < 32; burst++, due += step) {
            int n = slot++ % run.calls;
            tally_add(&lag, now - due);
            phone_step(n, now);
            if (n < session_n) model_step(n, now);
            now = now_ns();
        }
        serve(due);
    }
}

static double seconds_used(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void print_way(const char *name, struct result *r) {
    printf("\"%s\":{\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"doubled\":%lu,\"reordered\":%lu,\"unknown\":%lu,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f},",
           name, r->sent, r->received, r->lost, r->doubled, r->reordered, r->unknown,
           tally_ms(&r->late, .5), tally_ms(&r->late, .99), r->late.max / 1e6);
}

static void read_targets(const char *path) {
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    run.targets = must(calloc(run.calls, sizeof *run.targets));
    for (int i = 0; i < run.calls; i++) {
        if (!f || getline(&line, &cap, f) < 0) { fprintf(stderr, "targets: a line for each call is needed\n"); exit(2); }
        line[strcspn(line, "\r\n")] = 0;
        run.targets[i] = must(strdup(line));
    }
}

static int option(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name)) return i;
    return 0;
}

static int number(const char *name, int argc, char **argv, int otherwise) {
    int i = option(name, argc, argv);
    return i && i + 1 < argc ? atoi(argv[i + 1]) : otherwise;
}

int main(int argc, char **argv) {
    run = (struct run){.calls = number("--calls", argc, argv, 10), .seconds = number("--seconds", argc, argv, 15),
                       .phone_port = number("--phone-port", argc, argv, 0), .model_port = number("--model-port", argc, argv, 0),
                       .pcm = option("--pcm", argc, argv), .paced = option("--paced", argc, argv), .path = "/media/%d"};
    int at = option("--path", argc, argv), patience = number("--patience", argc, argv, 60 + run.calls / 2);
    if (at) run.path = argv[at + 1];
    if ((at = option("--targets", argc, argv))) read_targets(argv[at + 1]);
    calls = must(calloc(run.calls, sizeof *calls));
    sessions = must(calloc(run.calls, sizeof *sessions));
    run.epoll = epoll_create1(0);
    door = listen_on(run.model_port);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(run.epoll, EPOLL_CTL_ADD, door, &e);

    /* Calls come in a few at a time: as with a real campaign, answering is not the test. */
    int64_t begun = now_ns(), limit = begun + patience * 1000000000LL;
    int ahead = run.pcm ? 1 : 16, dialled = 0;
    while (ready_n < run.calls && now_ns() < limit && !errors) {
        while (dialled < run.calls && dialled < ready_n + ahead) phone_dial(dialled++);
        live(begun, now_ns() + 2000000);
    }
    double connect_s = (now_ns() - begun) / 1e9;
    run.counting = 1;
    if (ready_n == run.calls && !errors) live(begun, now_ns() + 2000000000);
    int whole = ready_n == run.calls && !errors;

    memset(&up, 0, sizeof up);
    memset(&down, 0, sizeof down);
    memset(&lag, 0, sizeof lag);
    media_messages = append_messages = model_events = marks_echoed = clears = 0;
    for (int i = 0; i < run.calls; i++) calls[i].up.from = calls[i].up.sent;
    for (int i = 0; i < session_n; i++) sessions[i].down.from = sessions[i].down.sent;
    fprintf(stderr, "measuring\n");
    double cpu = seconds_used();
    int64_t start = now_ns();
    if (whole) live(begun, start + run.seconds * 1000000000LL);
    double took = (now_ns() - start) / 1e9, share = whole ? (seconds_used() - cpu) / took : 0;
    fprintf(stderr, "measured\n");

    /* What is still on its way may arrive; frames sent from here on do not count. */
    for (int i = 0; i < run.calls; i++) calls[i].up.until = calls[i].up.sent;
    for (int i = 0; i < session_n; i++) {
        sessions[i].down.until = sessions[i].down.sent;
        sessions[i].silent = 1;
    }
    if (whole) live(begun, now_ns() + (run.paced ? 3500000000LL : 1000000000LL));
    uint64_t backlog = 0;
    for (int i = 0; i < run.calls; i++) {
        if (calls[i].phone) backlog += calls[i].phone->out_len;
        lane_close(&calls[i].up, &up);
    }
    for (int i = 0; i < session_n; i++) lane_close(&sessions[i].down, &down);

    printf("{\"calls\":%d,\"seconds\":%.2f,\"ready\":%d,\"whole\":%s,\"connect_s\":%.2f,", run.calls, took, ready_n,
           whole ? "true" : "false", connect_s);
    print_way("up", &up);
    print_way("down", &down);
    printf("\"appends\":%lu,\"media\":%lu,\"events\":%lu,\"marks\":%lu,\"clears\":%lu,\"errors\":%lu,\"backlog\":%lu,"
           "\"load\":{\"cpu\":%.3f,\"lag_p50_ms\":%.2f,\"lag_p99_ms\":%.2f,\"lag_max_ms\":%.2f}}\n",
           append_messages, media_messages, model_events, marks_echoed, clears, errors, backlog, share,
           tally_ms(&lag, .5), tally_ms(&lag, .99), lag.max / 1e6);
    return whole ? 0 : 1;
}
