#include "lowering/training/activation_offload.hpp"

#include <algorithm>

#include "catalog/storage.hpp"

namespace aifsim {
namespace {

constexpr int kPlaces = 2;  // of each way: one that is used, one that is copied

StepLabel with_word(const char* word, const StepLabel& label) {
  StepLabel own = label;
  own.text = word + own.text;
  return own;
}

}  // namespace

ActivationOffload::ActivationOffload(Emitter& out, OffloadTo to, std::int64_t chunks) : out_(out), to_(to) {
  if (!on()) return;
  for (std::size_t* e : {&computed_, &place_, &go_, &fetched_}) *e = out.event();
  if (drives())
    for (std::size_t* e : {&copied_, &host_out_, &read_, &host_in_}) *e = out.event();
  for (std::int64_t c = 0; c < chunks; ++c) left_.push_back(out.event());
}

// Free places are events that have been recorded: who fills one waits, who empties it records. All are free again at
// the end of the step.
void ActivationOffload::begin_step() {
  if (!on()) return;
  for (int i = 0; i < kPlaces; ++i) {
    out_.record(to_host, place_);
    if (!drives()) continue;
    out_.record(to_drives, host_out_);
    out_.record(from_drives, host_in_);
  }
}

void ActivationOffload::end_step() {
  if (!on()) return;
  for (int i = 0; i < kPlaces; ++i) {
    out_.wait(compute, place_);
    if (!drives()) continue;
    out_.wait(to_host, host_out_);
    out_.wait(from_drives, host_in_);
  }
}

void ActivationOffload::before_forward() {
  if (on()) out_.wait(compute, place_);
}

void ActivationOffload::after_forward(Bytes kept, const StepLabel& label) {
  if (!on()) return;
  const StepLabel own = with_word("offload ", label);
  out_.record(compute, computed_);
  out_.wait(to_host, computed_);
  if (drives()) out_.wait(to_host, host_out_);
  out_.put(to_host, {Copy{HostPath::to_host_pinned, kept}, own});
  out_.record(to_host, place_);
  if (!drives()) return;
  out_.record(to_host, copied_);
  out_.wait(to_drives, copied_);
  out_.put(to_drives, {Write{node_drives, kept}, own});
  out_.record(to_drives, host_out_);
}

void ActivationOffload::end_forward(std::int64_t chunk) {
  if (on()) out_.record(drives() ? to_drives : to_host, left_[static_cast<std::size_t>(chunk)]);
}

void ActivationOffload::begin_backward(std::int64_t chunk) {
  if (!on()) return;
  out_.wait(drives() ? from_drives : from_host, left_[static_cast<std::size_t>(chunk)]);
  out_.record(from_host, go_);
  out_.record(compute, go_);
}

void ActivationOffload::before_backward(Bytes kept, const StepLabel& label) {
  if (!on()) return;
  const StepLabel own = with_word("fetch ", label);
  if (drives()) {
    out_.wait(from_drives, host_in_);
    out_.put(from_drives, {Read{node_drives, kept}, own});
    out_.record(from_drives, read_);
    out_.wait(from_host, read_);
  }
  out_.wait(from_host, go_);
  out_.put(from_host, {Copy{HostPath::to_device_pinned, kept}, own});
  out_.record(from_host, fetched_);
  if (drives()) out_.record(from_host, host_in_);
  out_.wait(compute, fetched_);
}

void ActivationOffload::after_backward() {
  if (on()) out_.record(compute, go_);
}

void ActivationOffload::end_backward() {
  if (!on()) return;
  for (int i = 0; i < kPlaces; ++i) out_.wait(from_host, go_);
}

Bytes most_kept(std::span<const Turn> turns, std::span<const Bytes> kept) {
  Bytes held, most;
  for (const Turn& turn : turns) {
    const Bytes own = kept[static_cast<std::size_t>(turn.chunk)];
    if (turn.kind == TurnKind::forward) held += own;
    if (turn.kind == TurnKind::backward || turn.kind == TurnKind::backward_weights) held -= own;
    most = std::max(most, held);
  }
  return most;
}

std::optional<Bytes> offload_places(Bytes largest, Bytes most) {
  const Bytes places = (kPlaces + 1) * largest;
  return places < most ? std::optional(places) : std::nullopt;
}

}  // namespace aifsim
