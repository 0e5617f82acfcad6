/* Stand-in for Twilio's side of the media streams: one caller a link, a frame every 20 ms, a playout clock for marks. */
#define _GNU_SOURCE
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void phone_dial(int number) {
    struct call *c = &calls[number];
    char request[4096], path[512], *headers = "";
    int fd = dial(run.phone_port);
    if (fd < 0) { errors++; return; }
    if (run.targets) {
        char *line = run.targets[number];
        size_t n = strcspn(line, "\t");
        snprintf(path, sizeof path, "%.*s", (int)n, line);
        headers = line[n] ? line + n + 1 : "";
    } else snprintf(path, sizeof path, run.path, number);
    size_t n = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", path, run.phone_port);
    for (char *h = headers; *h;) {
        size_t len = strcspn(h, "\t");
        n += snprintf(request + n, sizeof request - n, "%.*s\r\n", (int)len, h);
        h += len + (h[len] == '\t');
    }
    n += snprintf(request + n, sizeof request - n, "\r\n");
    snprintf(c->sid, sizeof c->sid, "MZ%032x", number + 1);
    lane_open(&c->up, (run.seconds + 60) * 50);
    c->phone = link_new(run.epoll, fd, 1, number, phone_read);
    link_send(c->phone, request, n);
}

static void opened(struct link *l, char *head, size_t len) {
    struct call *c = &calls[l->number];
    char text[1024];
    if (len < 12 || memcmp(head + 9, "101", 3)) {
        fprintf(stderr, "media socket refused: %.*s\n", (int)strcspn(head, "\r"), head);
        errors++;
        link_close(l);
        return;
    }
    link_text(l, text, snprintf(text, sizeof text, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}"));
    link_text(l, text, snprintf(text, sizeof text,
        "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"accountSid\":\"AC%032x\",\"streamSid\":\"%s\","
        "\"callSid\":\"CA%032x\",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\","
        "\"sampleRate\":8000,\"channels\":1},\"customParameters\":{}},\"streamSid\":\"%s\"}",
        1, c->sid, l->number + 1, c->sid));
    c->sequence = 2;
    c->chunk = 1;
}

static void say_mark(struct call *c, const char *name) {
    char text[512];
    link_text(c->phone, text, snprintf(text, sizeof text,
        "{\"event\":\"mark\",\"sequenceNumber\":\"%u\",\"streamSid\":\"%s\",\"mark\":{\"name\":\"%s\"}}",
        c->sequence++, c->sid, name));
    marks_echoed++;
}

static void play_marks(struct call *c, int64_t now) {
    while (c->mark_first != c->mark_end && c->marks[c->mark_first % MARKS].due <= now)
        say_mark(c, c->marks[c->mark_first++ % MARKS].name);
}

void phone_step(int number, int64_t now) {
    struct call *c = &calls[number];
    uint8_t frame[160];
    char text[512], payload[220];
    if (!c->phone || c->phone->state != OPEN) return;
    play_marks(c, now);
    uint32_t n = run.counting ? lane_sent(&c->up, now) : 0;
    if (!run.counting) memset(frame, 0xff, 160);
    else if (run.pcm) memset(frame, linear_to_ulaw(lane_sample(n)), 160);
    else stamp(frame, number, n);
    payload[base64_encode(payload, frame, 160)] = 0;
    size_t len = snprintf(text, sizeof text,
        "{\"event\":\"media\",\"sequenceNumber\":\"%u\",\"media\":{\"track\":\"inbound\",\"chunk\":\"%u\","
        "\"timestamp\":\"%u\",\"payload\":\"%s\"},\"streamSid\":\"%s\"}",
        c->sequence++, c->chunk, c->chunk * 20, payload, c->sid);
    c->chunk++;
    if (run.counting) c->up.at[n % c->up.cap] = now_ns();
    link_text(c->phone, text, len);
}

static void heard(struct call *c, uint8_t *audio, size_t n) {
    int64_t now = arrived;
    c->play_until = (c->play_until > now ? c->play_until : now) + n * 125000LL;
    if (run.pcm) {
        static int16_t samples[1 << 16];
        for (size_t i = 0; i < n; i++) samples[i] = ulaw_to_linear(audio[i]);
        lane_heard(&sessions[c - calls].down, &down, samples, n, 16, now);
        return;
    }
    while (n) {
        size_t room = 160 - c->part_len, take = room < n ? room : n;
        uint32_t owner, number;
        memcpy(c->part + c->part_len, audio, take);
        c->part_len += take;
        audio += take;
        n -= take;
        if (c->part_len < 160) return;
        c->part_len = 0;
        if (stamped(c->part, &owner, &number) && (int)owner < session_n)
            lane_got(&sessions[owner].down, &down, number, now);
    }
}

static void said(struct link *l, char *text, size_t len) {
    static uint8_t audio[1 << 16];
    struct call *c = &calls[l->number];
    char *word = after(text, len, "\"payload\"");
    if (!word && memmem(text, len, "output_audio.delta", 18)) word = after(text, len, "\"delta\""); /* the raw splice */
    if (word) {
        char *end = memchr(word, '"', text + len - word);
        media_messages++;
        if (end) heard(c, audio, base64_decode(audio, word, end - word));
    } else if (memmem(text, len, "\"mark\"", 6) && (word = after(text, len, "\"name\""))) {
        struct mark *m = &c->marks[c->mark_end++ % MARKS];
        char *end = memchr(word, '"', text + len - word);
        snprintf(m->name, sizeof m->name, "%.*s", end ? (int)(end - word) : 0, word);
        m->due = c->play_until;
    } else if (memmem(text, len, "\"clear\"", 7)) {
        clears++;
        c->play_until = arrived;
        play_marks(c, INT64_MAX);
    }
}

void phone_read(struct link *l) { link_read(l, opened, said); }
