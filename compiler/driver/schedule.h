/* SPDX-License-Identifier: Apache-2.0
 *
 * The learning rate in the course of training.
 */
#ifndef NND_COMPILER_DRIVER_SCHEDULE_H
#define NND_COMPILER_DRIVER_SCHEDULE_H

#include "lang/program.h"

/* Of the step after `done` steps, of which an epoch has `per_epoch`. Cosine: Loshchilov & Hutter
 * 2017, without restarts. Depends on nothing else, so that resumed training goes on alike. */
double schedule_rate(const Recipe *recipe, int64_t done, int64_t per_epoch);

#endif
