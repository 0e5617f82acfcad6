/* A lane is one call's audio in one direction: which frames went in, which came out, and how late. */
#ifndef LANE_H
#define LANE_H
#include <stdint.h>

#define FRAME_NS 20000000LL
#define LEVELS 8 /* see levels in lane.c */

struct lane {
    uint32_t sent, next, from, until, cap; /* numbers: next to send, next expected, the first and the end that count */
    int64_t *at;                    /* when frame n % cap went in */
    uint8_t *got;
    /* pcm only: the stream is read as a staircase, because resampling leaves no byte as it was */
    int level, window_level, window_n;
    int64_t window_sum;
};

struct tally {
    uint32_t bins[30000]; /* of 10 us */
    int64_t max;
    uint64_t seen;
};

struct result {
    struct tally late;
    uint64_t sent, received, lost, doubled, reordered, unknown;
};

void lane_open(struct lane *, uint32_t cap);
uint32_t lane_sent(struct lane *, int64_t at);
void lane_got(struct lane *, struct result *, uint32_t number, int64_t now);
void lane_heard(struct lane *, struct result *, const int16_t *samples, int n, int per_window, int64_t now);
int16_t lane_sample(uint32_t number);
void lane_close(struct lane *, struct result *);
void tally_add(struct tally *, int64_t ns);
double tally_ms(const struct tally *, double share);

int16_t ulaw_to_linear(uint8_t);
uint8_t linear_to_ulaw(int16_t);
#endif
