/* A lane is one call's audio in one direction: which frames went in, which came out, and how late. */
#include "lane.h"
#include "wire.h"
#include <stdlib.h>

/* For a peer that resamples: frame n is a constant level, and neighbours always differ. */
static const int16_t levels[LEVELS] = {-14000, -6000, 2000, 10000, 14000, 6000, -2000, -10000};

int16_t lane_sample(uint32_t number) { return levels[number % LEVELS]; }

void lane_open(struct lane *l, uint32_t cap) {
    l->cap = cap;
    l->at = must(calloc(cap, sizeof *l->at));
    l->got = must(calloc(cap, 1));
    l->from = l->until = UINT32_MAX;
    l->level = l->window_level = -1;
}

uint32_t lane_sent(struct lane *l, int64_t at) {
    uint32_t number = l->sent++;
    l->at[number % l->cap] = at;
    l->got[number % l->cap] = 0;
    return number;
}

void tally_add(struct tally *t, int64_t ns) {
    int64_t bin = ns < 0 ? 0 : ns / 10000;
    t->bins[bin < 29999 ? bin : 29999]++;
    t->seen++;
    if (ns > t->max) t->max = ns;
}

double tally_ms(const struct tally *t, double share) {
    uint64_t want = t->seen * share, n = 0;
    for (int i = 0; i < 30000; i++)
        if ((n += t->bins[i]) > want) return (i + 0.5) / 100;
    return 0;
}

void lane_got(struct lane *l, struct result *r, uint32_t number, int64_t now) {
    if (number >= l->sent || l->sent - number > l->cap) { r->unknown++; return; }
    int counts = number >= l->from && number < l->until;
    if (l->got[number % l->cap]) { r->doubled += counts; return; }
    l->got[number % l->cap] = 1;
    if (number < l->next) r->reordered += counts;
    else l->next = number + 1;
    if (!counts) return;
    r->received++;
    tally_add(&r->late, now - l->at[number % l->cap]);
}

/* Two windows (2 ms each) on the same new level are a new frame, and its arrival is now: kind to the peer, since the
 * rest of the frame may still be in its filters. */
void lane_heard(struct lane *l, struct result *r, const int16_t *samples, int n, int per_window, int64_t now) {
    for (int i = 0; i < n; i++) {
        l->window_sum += samples[i];
        if (++l->window_n < per_window) continue;
        int mean = l->window_sum / per_window, level = -1;
        l->window_sum = l->window_n = 0;
        for (int k = 0; k < LEVELS; k++)
            if (abs(mean - levels[k]) < 900) level = k;
        if (level >= 0 && level == l->window_level && level != l->level) {
            l->level = level;
            /* a level further along than the next one means that the frames between were lost */
            lane_got(l, r, l->next + (level - (int)(l->next % LEVELS) + LEVELS) % LEVELS, now);
        }
        l->window_level = level;
    }
}

void lane_close(struct lane *l, struct result *r) {
    for (uint32_t n = l->from; n < l->until; n++) {
        r->sent++;
        r->lost += !l->got[n % l->cap];
    }
}

int16_t ulaw_to_linear(uint8_t u) {
    u = ~u;
    int t = (((u & 15) << 3) + 132) << (u >> 4 & 7);
    return u & 128 ? 132 - t : t - 132;
}

uint8_t linear_to_ulaw(int16_t pcm) {
    int sign = pcm < 0 ? 128 : 0, value = pcm < 0 ? -pcm : pcm, segment = 7;
    value = (value > 32635 ? 32635 : value) + 132;
    for (int mask = 0x4000; segment > 0 && !(value & mask); mask >>= 1) segment--;
    return ~(sign | segment << 4 | (value >> (segment + 3) & 15));
}
