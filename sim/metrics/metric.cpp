#include "metrics/metric.hpp"

namespace aifsim {
namespace {

constexpr std::array<MetricInfo, metric_count> table{{
    {"step_time_s", "s", "step_time_p10_s", "step_time_p90_s",
     "time of one step: of training, or one repetition of a collective; the mean where there are several"},
    {"tokens_per_s", "1/s", "tokens_per_s_p10", "tokens_per_s_p90",
     "tokens trained per second, all GPUs together"},
    {"tokens_per_step", "1", "", "", "tokens trained in one step, all GPUs together"},
    {"mfu", "1", "mfu_p10", "mfu_p90", "model FLOPs (no recompute) over time x dense peak x GPUs, 0 to 1"},
    {"compute_time_s", "s", "", "", "time of a step in which the compute stream is busy"},
    {"communication_time_s", "s", "", "", "time of a step with at least one collective under way"},
    {"exposed_communication_s", "s", "", "", "communication of a step while the compute stream idles"},
    {"generation_time_s", "s", "", "",
     "of a step with rollouts: until its answers are generated, the engines' weights and memory included"},
    {"scoring_time_s", "s", "", "",
     "of a step with rollouts: forward passes over the answers before training"},
    {"training_time_s", "s", "", "", "of a step with rollouts: the rest"},
    {"generated_tokens_per_s", "1/s", "", "",
     "tokens of answers over the time in which they are generated, all GPUs together"},
    {"algorithm_bandwidth_bytes_per_s", "B/s", "", "", "of a collective: its buffer over its time"},
    {"bus_bandwidth_bytes_per_s", "B/s", "", "",
     "of a collective: what a rank's link would carry, as nccl-tests counts it"},
    {"storage_bandwidth_bytes_per_s", "B/s", "", "",
     "of a storage job: what its processes read or write, over time"},
    {"flops_per_s", "FLOP/s", "flops_per_s_p10", "flops_per_s_p90",
     "of HPL: its operations over its time, as Rmax"},
    {"peak_share", "1", "peak_share_p10", "peak_share_p90",
     "of HPL: that over the FP64 peak of the GPUs that it runs on, 0 to 1"},
    {"energy_per_step_j", "J", "", "", "of all GPU boards in one step"},
    {"energy_per_token_j", "J", "", "", "of all GPU boards, for one token"},
    {"gpu_power_w", "W", "", "", "of one GPU board, on average over the step"},
    {"machine_power_w", "W", "", "",
     "of HPL: nodes and their share of the fabric with conversion, without cooling, as the TOP500 measures; "
     "mean over the run"},
    {"flops_per_joule", "FLOP/J", "flops_per_joule_p10", "flops_per_joule_p90",
     "of HPL: FLOP/s for each watt of that"},
    {"meter_power_w", "W", "", "",
     "of the job at the site's meter: nodes, its share of the fabric and of the file systems, conversion, "
     "cooling; mean over the step"},
    {"meter_energy_per_step_j", "J", "", "", "of one step at the site's meter"},
    {"carbon_per_step_g", "g", "", "", "CO2 equivalents of that energy"},
    {"electricity_per_step_eur", "EUR", "", "", "what that energy costs"},
    {"run_time_s", "s", "run_time_p10_s", "run_time_p90_s",
     "of the whole run over training.tokens, what is lost to training.availability included"},
    {"run_gpu_hours", "h", "run_gpu_hours_p10", "run_gpu_hours_p90",
     "GPUs of the run's nodes times its hours"},
    {"run_energy_j", "J", "run_energy_p10_j", "run_energy_p90_j", "of the whole run at the site's meter"},
    {"run_carbon_g", "g", "run_carbon_p10_g", "run_carbon_p90_g",
     "of the whole run: its electricity's, and its share of making the machine where the platform tells it"},
    {"run_embodied_g", "g", "", "", "that share: of what making the machine took"},
    {"run_electricity_eur", "EUR", "run_electricity_p10_eur", "run_electricity_p90_eur", "of the whole run"},
    {"run_cost_eur", "EUR", "run_cost_p10_eur", "run_cost_p90_eur",
     "electricity of the whole run, and its share of machine, maintenance and staff"},
    {"cost_per_gpu_hour_eur", "EUR", "", "", "that over its GPU hours"},
}};

}  // namespace

const MetricInfo& about(Metric metric) { return table[static_cast<std::size_t>(metric)]; }

}  // namespace aifsim
