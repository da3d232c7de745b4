#include "core/base/text.h"
#include "tests/lab/agent.h"
#include "tests/lab/shipping_run.h"

static void copy_job(struct instance *destination, const struct job *job)
{
    struct job *copy = agent_add_job(destination, job->name, job->description);
    for (size_t i = 0; i < job->steps_count; i++) {
        const struct job_step *step = &job->steps[i];
        struct job_step *made = job_append_step(copy, step->name, step->database, step->command);
        made->on_success = step->on_success;
        made->on_fail = step->on_fail;
        made->retry_attempts = step->retry_attempts;
        made->retry_interval_min = step->retry_interval_min;
    }
    if (job->every_ms != 0) {
        job_schedule(copy, job->every_ms, job->offset_ms);
    }
    job_set_enabled(copy, job->enabled);
}

void shipping_copy_jobs(struct shipping *shipping)
{
    const struct lab *lab = shipping->instance->lab;
    for (size_t i = 0; i < lab->instances_count; i++) {
        const struct instance *source = lab->instances[i];
        if (!source->is_source || !shipping_wants(shipping, instance_known_as(source))) {
            continue;
        }
        for (size_t j = 0; j < source->agent->jobs_count; j++) {
            const struct job *job = source->agent->jobs[j];
            if (agent_find_job(shipping->instance->agent, job->name) == NULL) {
                copy_job(shipping->instance, job);
            }
        }
    }
}
