// A made-up result of realistic shape: 2 platforms x 2 variants x 6 GPU counts, 100 spans per stream.
#pragma once
#include <cmath>
#include <string>

#include "experiment/result.hpp"

namespace aifsim::fake {

struct Shape {
  std::string platform, variant;
  double compute = 0.8;         // seconds
  double exposed_at_256 = 0.1;  // seconds; falls off towards fewer GPUs
  double base_mfu = 0.6;        // without exposed communication
};

inline StreamTrack stream(const std::string& name, SpanKind kind, const std::string& what, double start,
                          double end, std::int64_t ranks) {
  StreamTrack track{name, {}};
  const double slot = (end - start) / 100;
  for (int i = 0; i < 100; ++i) {
    const double from = start + i * slot, to = from + slot * (kind == SpanKind::compute ? 0.97 : 0.6);
    Span span{kind, what + " layer " + std::to_string(i % 32), Seconds{from}, Seconds{to}, {}, ""};
    if (kind == SpanKind::communication) {
      span.bytes = Bytes{157.3e6};
      span.detail = "ring, " + std::to_string(ranks) + " ranks";
    }
    track.spans.push_back(span);
  }
  return track;
}

inline Timeline timeline(double step, std::int64_t gpus) {
  Timeline t;
  t.duration = Seconds{step};
  StreamTrack compute = stream("compute", SpanKind::compute, "forward", 0, 0.9 * step, gpus);
  compute.spans.push_back({SpanKind::wait,
                           "wait for the last reduce-scatter",
                           Seconds{0.9 * step},
                           Seconds{0.96 * step},
                           {},
                           ""});
  compute.spans.push_back(
      {SpanKind::host, "optimizer bookkeeping", Seconds{0.96 * step}, Seconds{step}, {}, ""});
  t.roles.push_back(
      {"rank",
       gpus,
       {compute, stream("gather", SpanKind::communication, "all_gather", 0, 0.85 * step, gpus),
        stream("reduce", SpanKind::communication, "reduce_scatter", 0.3 * step, 0.97 * step, gpus)}});
  t.links = {
      {"leaf uplink (64 links)", BytesPerSecond{50e9}, Bytes{0.71 * 50e9 * step}, 0.71},
      {"nic (" + std::to_string(gpus) + " links)", BytesPerSecond{12.5e9}, Bytes{0.42 * 12.5e9 * step}, 0.42},
      {"nvlink (1536 links)", BytesPerSecond{100e9}, Bytes{0.08 * 100e9 * step}, 0.08}};
  return t;
}

inline Point point(const Shape& shape, std::int64_t gpus) {
  const double scale = std::pow(static_cast<double>(gpus) / 256, 1.7);
  const double exposed = shape.exposed_at_256 * scale, step = shape.compute + exposed + 0.02;
  const double gib = 1073741824.0;
  Point p;
  p.platform = shape.platform;
  p.variant = shape.variant;
  p.gpus = gpus;
  p.nodes = gpus / 4;
  const auto set = [&](Metric metric, double value) { p.metrics[metric].value = value; };
  p.metrics[Metric::step_time] = {step, step * 0.93, unknown, step * 1.08};
  const double tokens = 8192.0 * static_cast<double>(gpus),
               energy = 300.0 * static_cast<double>(p.gpus) * step;
  set(Metric::tokens_per_second, tokens / step);
  set(Metric::mfu, shape.base_mfu * shape.compute / step);
  set(Metric::compute_time, shape.compute);
  set(Metric::communication_time, 0.5 * step + exposed);
  set(Metric::exposed_communication, exposed);
  set(Metric::energy, energy);
  set(Metric::energy_per_token, energy / tokens);
  set(Metric::gpu_power, 300);
  const double shards = shape.variant == "hybrid sharding" ? 4 : static_cast<double>(gpus);
  p.memory = {Bytes{10.4 * gib / shards}, Bytes{10.4 * gib / shards}, Bytes{20.8 * gib / shards},
              Bytes{31.4 * gib},          Bytes{2.5 * gib},           Bytes{59.2 * gib}};
  p.wall_time = Seconds{0.04};
  p.timeline = timeline(step, gpus);
  if (gpus == 16 || gpus == 64 || gpus == 256) {
    p.measured = Seconds{step * (gpus == 64 ? 0.96 : 1.03)};
    p.measured_source = "example.org scaling table, row " + std::to_string(gpus);
  }
  return p;
}

inline Result result() {
  Result r;
  r.scenario = "first-look";
  r.title = "Full or hybrid sharding?";
  r.question =
      "How far can a 2.7B model be sharded on two European machines before the network eats the gain?";
  r.version = "0.1.0";
  r.fidelity = "flow";
  r.seed = 18446744073709551615u;
  r.workload = "gpt-2.7b";
  const Shape shapes[] = {{"leonardo_booster", "full sharding", 0.83, 0.82, 0.60},
                          {"leonardo_booster", "hybrid sharding", 0.83, 0.16, 0.60},
                          {"mn5_acc", "full sharding", 0.50, 0.05, 0.46},
                          {"mn5_acc", "hybrid sharding", 0.50, 0.02, 0.46}};
  for (const Shape& shape : shapes) {
    for (const std::int64_t gpus : {8, 16, 32, 64, 128, 256}) r.points.push_back(point(shape, gpus));
  }
  Point none;
  none.platform = r.points[7].platform;
  none.variant = r.points[7].variant;
  none.gpus = r.points[7].gpus;
  none.nodes = r.points[7].nodes;
  none.problem = "does not fit: 61.2 GiB needed, 59.2 GiB of each GPU can be allocated";
  r.points[7] = none;
  for (const char* object : {"platform leonardo_booster", "platform mn5_acc", "GPU a100_sxm_64gb_custom"}) {
    r.inputs.push_back(
        {object, "fabric.injection", "100Gbps", "Turisini et al., 2023, section 3", "published"});
    r.inputs.push_back({object, "fabric.hop_latency", "0.3us", "vendor datasheet", "announced"});
    r.inputs.push_back(
        {object, "communication.inter_node_step", "63us", "fitted on 14 public rows", "fitted"});
    r.inputs.push_back({object, "node.memory", "512GiB", "site documentation", "published"});
    r.inputs.push_back({object, "clock.sustained", "0.85", "no figure is public", "assumed"});
    r.inputs.push_back({object, "node.gpus", "4", "counted on site", "measured"});
    r.inputs.push_back({object, "placement.policy", "contiguous", "this scenario", ""});
  }
  return r;
}

}  // namespace aifsim::fake
