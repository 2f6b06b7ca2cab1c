// Outcomes as CBOR beside their timelines, compressed: doubles keep every bit, and a timeline of some hundred spans takes
// a kilobyte or two.
#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/packed.hpp"
#include "engine/timeline_bytes.hpp"
#include "experiment/outcome.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::json;

Json pack(const Metrics& metrics) {
  Json all = Json::array();
  for (std::size_t m = 0; m < metric_count; ++m)
    if (const Measure& one = metrics[static_cast<Metric>(m)]; one.known())
      all.push_back({about(static_cast<Metric>(m)).name, one.value, one.p10, one.p50, one.p90});
  return all;
}

Metrics metrics_from(const Json& all) {
  Metrics metrics;
  for (std::size_t m = 0; m < metric_count; ++m)
    for (const Json& one : all)
      if (one[0] == about(static_cast<Metric>(m)).name)
        metrics[static_cast<Metric>(m)] = {one[1], one[2], one[3], one[4]};
  return metrics;
}

Json pack(const MemoryUse& m) {
  return {m.parameters.value,  m.gradients.value, m.optimizer.value,
          m.activations.value, m.buffers.value,   m.capacity.value};
}

MemoryUse memory_from(const Json& m) {
  return {Bytes{m[0]}, Bytes{m[1]}, Bytes{m[2]}, Bytes{m[3]}, Bytes{m[4]}, Bytes{m[5]}};
}

Json pack(const EnergyAccount& account) {
  Json sites = Json::array();
  for (const SiteDraw& s : account.sites)
    sites.push_back({s.site, s.partition, s.meter, s.nodes, s.limit.value, s.power.value, s.at_most.value,
                     s.carbon.value, s.price.value, s.machine, s.embodied, s.why});
  return {account.parts, std::move(sites)};
}

EnergyAccount energy_from(const Json& json) {
  EnergyAccount account{json[0].get<std::array<double, energy_parts>>()};
  for (const Json& s : json[1])
    account.sites.push_back({s[0], s[1], s[2], s[3], Watts{s[4]}, Watts{s[5]}, Watts{s[6]},
                             GramsPerJoule{s[7]}, EurosPerJoule{s[8]}, s[9], s[10], s[11]});
  return account;
}

Json pack(const Range& range) { return {range.least, range.most}; }
Range range_from(const Json& json) { return {json[0], json[1]}; }

Json pack(const SiteFigures& f) {
  return {pack(f.power), pack(f.energy), pack(f.carbon), pack(f.electricity), pack(f.cost)};
}

SiteFigures figures_from(const Json& json) {
  return {range_from(json[0]), range_from(json[1]), range_from(json[2]), range_from(json[3]),
          range_from(json[4])};
}

Json pack(const SiteTotal& total) {
  return {total.site,       total.partitions, total.limit.value,     pack(total.jobs),
          total.idle_nodes, pack(total.idle), pack(total.with_idle), total.without};
}

SiteTotal total_from(const Json& json) {
  return {json[0],
          json[1],
          Watts{json[2]},
          figures_from(json[3]),
          json[4],
          figures_from(json[5]),
          range_from(json[6]),
          json[7].get<std::vector<std::string>>()};
}

Json pack(const FabricJob& job) {
  Json by = Json::array();
  for (const SlowedBy& b : job.by) by.push_back({b.job, b.factor});
  Json placements = Json::array();
  for (const PlacementTime& time : job.other_placements)
    placements.push_back({static_cast<int>(time.policy), time.step_time.value});
  Json hashes = Json::array();
  for (const HashTime& time : job.other_hashes) hashes.push_back({time.hash, time.step_time.value});
  Json stages = Json::array();
  for (const StageMemory& stage : job.figures.stages) stages.push_back({stage.stage, pack(stage.use)});
  return {{"name", job.name},
          {"what", job.what},
          {"gpus", job.gpus},
          {"nodes", job.nodes},
          {"start", job.start.value},
          {"end", job.end.value},
          {"endless", job.endless},
          {"steps", job.steps},
          {"alone", job.step_alone.value},
          {"slowdown", job.slowdown},
          {"by", std::move(by)},
          {"bottleneck", job.bottleneck},
          {"metrics", pack(job.figures.metrics)},
          {"memory", pack(job.figures.memory)},
          {"stages", std::move(stages)},
          {"note", job.figures.note},
          {"account", job.figures.account.parts},
          {"account of", job.figures.account.step.value},
          {"energy", pack(job.figures.energy)},
          {"placements", std::move(placements)},
          {"hashes", std::move(hashes)}};
}

FabricJob job_from(const Json& j) {
  FabricJob job;
  job.name = j["name"];
  job.what = j["what"];
  job.gpus = j["gpus"];
  job.nodes = j["nodes"].get<std::vector<std::int64_t>>();
  job.start = Seconds{j["start"]};
  job.end = Seconds{j["end"]};
  job.endless = j["endless"];
  job.steps = j["steps"];
  job.step_alone = Seconds{j["alone"]};
  job.slowdown = j["slowdown"];
  for (const Json& b : j["by"]) job.by.push_back({b[0], b[1]});
  job.bottleneck = j["bottleneck"];
  job.figures = {metrics_from(j["metrics"]),
                 memory_from(j["memory"]),
                 j["note"],
                 {Seconds{j["account of"]}, j["account"].get<PartTimes>()},
                 energy_from(j["energy"]),
                 {}};
  for (const Json& stage : j["stages"]) job.figures.stages.push_back({stage[0], memory_from(stage[1])});
  for (const Json& time : j["placements"])
    job.other_placements.push_back({static_cast<PlacementPolicy>(time[0].get<int>()), Seconds{time[1]}});
  for (const Json& time : j["hashes"])
    job.other_hashes.push_back({time[0].get<std::int64_t>(), Seconds{time[1]}});
  return job;
}

Json pack(const SharedLink& link) {
  return {link.name, link.class_name, link.capacity.value, link.utilisation, link.shares};
}

SharedLink shared_from(const Json& l) {
  return {l[0], l[1], BytesPerSecond{l[2]}, l[3], l[4].get<std::vector<std::pair<std::string, double>>>()};
}

std::string compressed(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  const std::uint64_t length = plain.size();  // read by the same build: the byte order is the machine's
  std::string out(sizeof length + size, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  if (compress2(reinterpret_cast<Bytef*>(out.data() + sizeof length), &size,
                reinterpret_cast<const Bytef*>(plain.data()), plain.size(), Z_BEST_SPEED) != Z_OK)
    throw std::runtime_error("zlib: cannot compress an outcome");
  out.resize(sizeof length + size);
  return out;
}

std::string expanded(const std::string& bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) throw std::runtime_error("an outcome is cut off");
  bytes.copy(reinterpret_cast<char*>(&length), sizeof length);
  std::string plain(length, '\0');
  uLongf size = length;
  if (uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                 reinterpret_cast<const Bytef*>(bytes.data()) + sizeof length,
                 bytes.size() - sizeof length) != Z_OK ||
      size != length)
    throw std::runtime_error("an outcome is damaged");
  return plain;
}

}  // namespace

std::string to_bytes(const Outcome& outcome) {
  Json json{{"problem", outcome.problem}};
  if (outcome.problem.empty()) {
    json["duration"] = outcome.run.duration.value;
    for (const FabricJob& job : outcome.run.jobs) json["jobs"].push_back(pack(job));
    json["shared"] = Json::array();
    for (const SharedLink& link : outcome.run.shared) json["shared"].push_back(pack(link));
    json["sites"] = Json::array();
    for (const SiteTotal& total : outcome.run.sites) json["sites"].push_back(pack(total));
  }
  std::string head;
  Json::to_cbor(json, head);
  Packer all;
  all.add(head, outcome.problem.empty() ? to_bytes(outcome.run.timeline) : std::string());
  return compressed(all.take());
}

Outcome outcome_from(const std::string& bytes) {
  const std::string plain = expanded(bytes);
  Unpacker all(plain);
  std::string head, timeline;
  all.get(head, timeline);
  const Json json = Json::from_cbor(head);
  Outcome outcome;
  outcome.problem = json["problem"];
  if (!outcome.problem.empty()) return outcome;
  outcome.run.duration = Seconds{json["duration"]};
  for (const Json& job : json["jobs"]) outcome.run.jobs.push_back(job_from(job));
  for (const Json& link : json["shared"]) outcome.run.shared.push_back(shared_from(link));
  for (const Json& total : json["sites"]) outcome.run.sites.push_back(total_from(total));
  outcome.run.timeline = timeline_from(timeline);
  return outcome;
}

}  // namespace aifsim
