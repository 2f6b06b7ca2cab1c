#include "lowering/training/emitter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aifsim {
namespace {

constexpr const char* kStreamNames[] = {
    "compute", "shard",        "replica",         "expert_shard",  "tensor",           "context",
    "expert",  "send_forward", "receive_forward", "send_backward", "receive_backward", "loader",
    "data",    "checkpoint",   "to_host",         "from_host",     "to_drives",        "from_drives"};

struct Channel {
  StreamIndex stream;
  GroupIndex group;
};
Channel channel_of(Among among) {
  switch (among) {
    case Among::tensor:
      return {tensor, tensor_group};
    case Among::context:
      return {context, context_group};
    case Among::expert:
      break;
  }
  return {expert, expert_group};
}

}  // namespace

Emitter::Emitter(std::size_t& events, std::vector<std::int64_t> group_sizes)
    : events_(events), sizes_(std::move(group_sizes)) {
  for (const char* name : kStreamNames) streams_.push_back({name, {}});
  for (auto& s : streams_) into_.push_back(&s.operations);
}

void Emitter::after(StreamIndex later, StreamIndex earlier) {
  const std::size_t e = event();
  record(earlier, e);
  wait(later, e);
}

void Emitter::run(const std::vector<Kernel>& kernels, const StepLabel& label) {
  for (const Kernel& k : kernels) put(compute, {k, label});
}

void Emitter::run(const std::vector<Part>& parts, const StepLabel& label, Seconds host) {
  // Evenly over the parts that launch something.
  const auto launching =
      std::count_if(parts.begin(), parts.end(), [](const Part& p) { return !p.kernels.empty(); });
  if (per_tensor_exchange_.value > 0)
    for (const Part& part : parts)
      host += per_tensor_exchange_ *
              static_cast<double>(std::ranges::count(part.exchanges, Among::tensor, &Exchange::among));
  const auto beside = [&](const Part& part) {
    return overlaps_experts_ && !part.exchanges.empty() && part.exchanges.front().among == Among::expert;
  };
  const bool any_beside = std::any_of(parts.begin(), parts.end(), beside);
  if (any_beside) after(expert, compute);
  for (const Part& part : parts) {
    for (const Kernel& k : part.kernels) {
      put(compute, {k, label});
      if (&k == &part.kernels.front() && host.value > 0)
        std::get<Kernel>(into_[compute]->back().what).host = host / static_cast<double>(launching);
    }
    const bool exchanges = !part.exchanges.empty(), waits = exchanges && !beside(part);
    const StreamIndex stream = exchanges ? channel_of(part.exchanges.front().among).stream : compute;
    if (waits) after(stream, compute);
    for (const Exchange& e : part.exchanges) {
      if (e.among == Among::tensor && per_tensor_exchange_.value > 0)
        put(stream, {HostWork{per_tensor_exchange_}, label});
      collective(stream, channel_of(e.among).group, e.kind, e.bytes, label, 1,
                 {0, forwards_tokens_ ? e.visits : 1});
    }
    run(part.overlapped, label);
    if (waits) after(compute, stream);
  }
  if (any_beside) after(compute, expert);
}

void Emitter::host(Seconds time, const std::string& label) {
  if (time.value > 0) put(compute, {HostWork{time}, label});
}

void Emitter::collective(StreamIndex s, GroupIndex group, CollectiveKind kind, double bytes, StepLabel what,
                         std::int64_t every, const TokenSpread& tokens) {
  if (sizes_[group] == 1 || !(bytes > 0)) return;
  what.text = fmt::format("{} {}", name_of(kind), what.text);
  put(s, {Collective{kind, group, Bytes{bytes}, Algorithm::automatic, tokens, every}, std::move(what)});
}

std::vector<Stream> Emitter::streams() {
  std::vector<Stream> used;
  for (auto& s : streams_)
    if (!s.operations.empty()) used.push_back(std::move(s));
  return used;
}

}  // namespace aifsim
