/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/schedule.h"

#include <math.h>

/* 0 after warming up, 1 at the end. */
static double position(const Recipe *recipe, double epochs)
{
    double warmup = recipe->schedule.warmup, length = recipe->epochs - warmup;
    double x = length > 0 ? (epochs - warmup) / length : 0;
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* A quotient that should be whole may be rounded to a little less. */
static double steps_taken(double epochs, double every)
{
    return floor(epochs / every * (1 + 1e-12));
}

static double factor(const Recipe *recipe, double epochs)
{
    const Schedule *s = &recipe->schedule;
    double x = position(recipe, epochs);
    switch (s->kind) {
    case SCHEDULE_CONSTANT: break;
    case SCHEDULE_LINEAR: return s->last + (1 - s->last) * (1 - x);
    case SCHEDULE_COSINE: return s->last + (1 - s->last) * (1 + cos(acos(-1) * x)) / 2;
    case SCHEDULE_STEPS: return pow(s->factor, steps_taken(epochs, s->every));
    }
    return 1;
}

double schedule_rate(const Recipe *recipe, int64_t done, int64_t per_epoch)
{
    double epochs = (double)done / (double)per_epoch, warmup = recipe->schedule.warmup;
    double growth = epochs < warmup ? ((double)done + 1) / (warmup * (double)per_epoch) : 1;
    return recipe->rate * factor(recipe, epochs) * (growth < 1 ? growth : 1);
}
