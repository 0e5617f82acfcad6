/* Stand-in for the Realtime API: hears appended audio and talks in turns of 2 s, with the events a turn has. */
#define _GNU_SOURCE
#include "load.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DELTA_FRAMES 10 /* 200 ms of speech a delta */
#define DELTAS 10       /* a turn of 2 s, sent in 400 ms: five times the speed of speech */
#define PCM_FRAME 960   /* bytes of 20 ms at 24 kHz */

static const char *const answers[] = {
    "네, 밥은 먹었어요.", "약은 아침에 챙겨 먹었습니다.", "어제는 잠을 좀 설쳤어요.", "네, 괜찮아요.",
    "Yes, I had some porridge this morning.", "무릎이 조금 아파요.", "딸이 주말에 다녀갔어요.", "I slept well, thank you.",
};
static const char *const worry = "어제부터 아무것도 못 먹었어요.";
static const char *const words[DELTAS] = {"네, ", "그러", "셨군", "요. ", "오늘 ", "하루", "는 ", "어떻게 ", "지내", "셨어요?"};
static const char sentence[] = "네, 그러셨군요. 오늘 하루는 어떻게 지내셨어요?";

__attribute__((format(printf, 2, 3))) static void tell(struct session *s, const char *form, ...) {
    static char text[1 << 16];
    va_list a;
    va_start(a, form);
    int n = vsnprintf(text, sizeof text, form, a);
    va_end(a);
    if (n >= (int)sizeof text) { fprintf(stderr, "event too long\n"); exit(2); }
    link_text(s->model, text, n);
    model_events++;
}

static void opened(struct link *l, char *head, size_t len) {
    struct session *s = &sessions[l->number];
    answer_upgrade(l, head, len);
    tell(s, "{\"type\":\"session.created\",\"event_id\":\"event_0\",\"session\":{\"type\":\"realtime\","
            "\"object\":\"realtime.session\",\"id\":\"sess_%d\",\"model\":\"gpt-realtime-2.1-mini\","
            "\"output_modalities\":[\"audio\"]}}", l->number);
}

static void begin(struct session *s) {
    if (s->ready) return;
    s->ready = 1;
    ready_n++;
    s->period = 175 + (s->model->number * 7) % 76; /* 3.5 to 5 s */
    s->tick = 55 + (s->model->number * 37) % (s->period - 55); /* between two turns */
}

static void heard(struct session *s, char *audio, size_t len) {
    static uint8_t bytes[1 << 19];
    uint32_t owner, number;
    size_t n = base64_decode(bytes, audio, len);
    append_messages++;
    s->heard_ms += n / (run.pcm ? 48 : 8);
    begin(s);
    if (run.pcm) {
        lane_heard(&calls[s->model->number].up, &up, (int16_t *)bytes, n / 2, 48, arrived);
        return;
    }
    for (size_t i = 0; i + 160 <= n; i += 160)
        if (stamped(bytes + i, &owner, &number) && (int)owner < run.calls)
            lane_got(&calls[owner].up, &up, number, arrived);
}

static void said(struct link *l, char *text, size_t len) {
    struct session *s = &sessions[l->number];
    size_t head = len < 200 ? len : 200;
    char *audio = NULL;
    if (memmem(text, head, "buffer.append\"", 14) || memmem(text + len - head, head, "buffer.append\"", 14))
        audio = after(text, len, "\"audio\"");
    else if (memmem(text, head, "\"media\"", 7)) audio = after(text, len, "\"payload\""); /* the raw splice */
    if (audio) {
        char *end = memchr(audio, '"', text + len - audio);
        if (end) heard(s, audio, end - audio);
    } else if (memmem(text, len, "session.update\"", 15)) {
        char *object = memmem(text, len, "\"session\":", 10), *end = NULL;
        int depth = 0, quoted = 0;
        for (char *p = object ? object + 10 : text + len; p < text + len && !end; p++) {
            if (*p == '\\') p++;
            else if (*p == '"') quoted = !quoted;
            else if (!quoted && *p == '{') depth++;
            else if (!quoted && *p == '}' && !--depth) end = p + 1;
        }
        if (end) tell(s, "{\"type\":\"session.updated\",\"event_id\":\"event_1\",\"session\":%.*s}",
                      (int)(end - object - 10), object + 10);
        begin(s);
    }
}

void model_accept(int door) {
    int fd = accept(door, NULL, NULL);
    if (fd < 0) return;
    if (session_n == run.calls) { fprintf(stderr, "more model sessions than calls\n"); exit(2); }
    struct session *s = &sessions[session_n];
    lane_open(&s->down, (run.seconds + 60) * 50);
    s->model = link_new(run.epoll, fd, 0, session_n, model_read);
    session_n++;
}

static void speak(struct session *s, int part, int64_t now) {
    static uint8_t audio[DELTA_FRAMES * PCM_FRAME];
    static char text[DELTA_FRAMES * PCM_FRAME * 2];
    int frame = run.pcm ? PCM_FRAME : 160;
    for (int i = 0; i < DELTA_FRAMES; i++) {
        if (part == DELTAS) { memset(audio + i * frame, 0, frame); continue; } /* silence behind the last frame */
        if (s->ideal < now) s->ideal = now;
        uint32_t n = lane_sent(&s->down, run.paced ? s->ideal : now);
        s->ideal += FRAME_NS;
        if (!run.pcm) stamp(audio + i * frame, s->model->number, n);
        else for (int k = 0; k < PCM_FRAME / 2; k++) ((int16_t *)(audio + i * frame))[k] = lane_sample(n);
    }
    text[base64_encode(text, audio, DELTA_FRAMES * frame)] = 0;
    tell(s, "{\"type\":\"response.output_audio.delta\",\"event_id\":\"event_a%d_%d\",\"response_id\":\"resp_%d_%d\","
            "\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}",
         s->turn, part, s->model->number, s->turn, s->model->number, s->turn, text);
}

/* item_a is what the caller said, item_b what the model says. */
void model_step(int number, int64_t now) {
    struct session *s = &sessions[number];
    int c = number, t = s->turn;
    if (!s->ready || s->model->state != OPEN) return;
    switch (s->tick) {
    case 0:
        if (s->silent) return;
        t = ++s->turn;
        tell(s, "{\"type\":\"input_audio_buffer.speech_started\",\"event_id\":\"event_1_%d\",\"audio_start_ms\":%d,"
                "\"item_id\":\"item_a%d_%d\"}", t, s->heard_ms, c, t);
        break;
    case 30:
        tell(s, "{\"type\":\"input_audio_buffer.speech_stopped\",\"event_id\":\"event_2_%d\",\"audio_end_ms\":%d,"
                "\"item_id\":\"item_a%d_%d\"}", t, s->heard_ms, c, t);
        tell(s, "{\"type\":\"input_audio_buffer.committed\",\"event_id\":\"event_3_%d\",\"previous_item_id\":null,"
                "\"item_id\":\"item_a%d_%d\"}", t, c, t);
        for (int done = 0; done < 2; done++)
            tell(s, "{\"type\":\"conversation.item.%s\",\"event_id\":\"event_4_%d_%d\",\"previous_item_id\":null,\"item\":"
                    "{\"id\":\"item_a%d_%d\",\"object\":\"realtime.item\",\"type\":\"message\",\"status\":\"completed\","
                    "\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"transcript\":null}]}}",
                 done ? "done" : "added", t, done, c, t);
        break;
    case 31:
        tell(s, "{\"type\":\"response.created\",\"event_id\":\"event_5_%d\",\"response\":{\"object\":\"realtime.response\","
                "\"id\":\"resp_%d_%d\",\"status\":\"in_progress\",\"status_details\":null,\"output\":[],"
                "\"conversation_id\":\"conv_%d\",\"output_modalities\":[\"audio\"],\"max_output_tokens\":\"inf\","
                "\"usage\":null,\"metadata\":null}}", t, c, t, c);
        tell(s, "{\"type\":\"response.output_item.added\",\"event_id\":\"event_6_%d\",\"response_id\":\"resp_%d_%d\","
                "\"output_index\":0,\"item\":{\"id\":\"item_b%d_%d\",\"object\":\"realtime.item\",\"type\":\"message\","
                "\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}", t, c, t, c, t);
        tell(s, "{\"type\":\"conversation.item.added\",\"event_id\":\"event_7_%d\",\"previous_item_id\":\"item_a%d_%d\","
                "\"item\":{\"id\":\"item_b%d_%d\",\"object\":\"realtime.item\",\"type\":\"message\","
                "\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}", t, c, t, c, t);
        tell(s, "{\"type\":\"response.content_part.added\",\"event_id\":\"event_8_%d\",\"response_id\":\"resp_%d_%d\","
                "\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"audio\","
                "\"transcript\":\"\"}}", t, c, t, c, t);
        break;
    case 52:
        tell(s, "{\"type\":\"conversation.item.input_audio_transcription.completed\",\"event_id\":\"event_9_%d\","
                "\"item_id\":\"item_a%d_%d\",\"content_index\":0,\"transcript\":\"%s\",\"usage\":{\"type\":\"duration\","
                "\"seconds\":1}}", t, c, t, (c + t) % 50 ? answers[(c + t) % 8] : worry);
        break;
    case 54:
        if (run.pcm) speak(s, DELTAS, now);
        tell(s, "{\"type\":\"response.output_audio.done\",\"event_id\":\"event_10_%d\",\"response_id\":\"resp_%d_%d\","
                "\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0}", t, c, t, c, t);
        tell(s, "{\"type\":\"response.output_audio_transcript.done\",\"event_id\":\"event_11_%d\",\"response_id\":"
                "\"resp_%d_%d\",\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0,\"transcript\":\"%s\"}",
             t, c, t, c, t, sentence);
        tell(s, "{\"type\":\"response.content_part.done\",\"event_id\":\"event_12_%d\",\"response_id\":\"resp_%d_%d\","
                "\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"audio\","
                "\"transcript\":\"%s\"}}", t, c, t, c, t, sentence);
        for (int done = 0; done < 2; done++) {
            char where[96];
            if (done) snprintf(where, sizeof where, "\"previous_item_id\":\"item_a%d_%d\"", c, t);
            else snprintf(where, sizeof where, "\"response_id\":\"resp_%d_%d\",\"output_index\":0", c, t);
            tell(s, "{\"type\":\"%s\",\"event_id\":\"event_13_%d_%d\",%s,\"item\":{\"id\":\"item_b%d_%d\",\"object\":"
                    "\"realtime.item\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":"
                    "[{\"type\":\"output_audio\",\"transcript\":\"%s\"}]}}",
                 done ? "conversation.item.done" : "response.output_item.done", t, done, where, c, t, sentence);
        }
        tell(s, "{\"type\":\"response.done\",\"event_id\":\"event_14_%d\",\"response\":{\"object\":\"realtime.response\","
                "\"id\":\"resp_%d_%d\",\"status\":\"completed\",\"status_details\":null,\"output\":[{\"id\":\"item_b%d_%d\","
                "\"object\":\"realtime.item\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\","
                "\"content\":[{\"type\":\"output_audio\",\"transcript\":\"%s\"}]}],\"conversation_id\":\"conv_%d\","
                "\"output_modalities\":[\"audio\"],\"max_output_tokens\":\"inf\",\"usage\":{\"total_tokens\":120,"
                "\"input_tokens\":60,\"output_tokens\":60,\"input_token_details\":{\"text_tokens\":30,\"audio_tokens\":30,"
                "\"image_tokens\":0,\"cached_tokens\":0,\"cached_tokens_details\":{\"text_tokens\":0,\"audio_tokens\":0,"
                "\"image_tokens\":0}},\"output_token_details\":{\"text_tokens\":20,\"audio_tokens\":40}},"
                "\"metadata\":null}}", t, c, t, c, t, sentence, c);
        tell(s, "{\"type\":\"rate_limits.updated\",\"event_id\":\"event_15_%d\",\"rate_limits\":[{\"name\":\"tokens\","
                "\"limit\":40000,\"remaining\":39000,\"reset_seconds\":1.5}]}", t);
        break;
    default:
        if (s->tick > 31 && s->tick <= 31 + 2 * DELTAS && s->tick % 2 == 0) {
            int part = (s->tick - 32) / 2;
            speak(s, part, now);
            tell(s, "{\"type\":\"response.output_audio_transcript.delta\",\"event_id\":\"event_t%d_%d\",\"response_id\":"
                    "\"resp_%d_%d\",\"item_id\":\"item_b%d_%d\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"}",
                 t, part, c, t, c, t, words[part]);
        }
    }
    s->tick = (s->tick + 1) % s->period;
}

void model_read(struct link *l) { link_read(l, opened, said); }
