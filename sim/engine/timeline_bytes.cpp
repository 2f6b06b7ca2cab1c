#include "engine/timeline_bytes.hpp"

#include <cstdint>
#include <unordered_map>

#include "base/packed.hpp"

namespace aifsim {
namespace {

// Labels by number: they come again and again.
struct PackedSpan {
  double start = 0, end = 0, bytes = 0;
  std::uint32_t kind = 0, label = 0, detail = 0, none = 0;  // none: no byte is left undefined
};

class Labels {
 public:
  std::uint32_t number_of(const Interned& label) {
    const auto [at, added] = numbers_.emplace(&label.str(), static_cast<std::uint32_t>(all_.size()));
    if (added) all_.push_back(&label.str());
    return at->second;
  }
  const std::vector<const std::string*>& all() const { return all_; }

 private:
  std::unordered_map<const std::string*, std::uint32_t> numbers_;
  std::vector<const std::string*> all_;
};

std::vector<PackedSpan> packed(const std::vector<Span>& spans, Labels& labels) {
  std::vector<PackedSpan> all;
  all.reserve(spans.size());
  for (const Span& s : spans)
    all.push_back({s.start.value, s.end.value, s.bytes.value, static_cast<std::uint32_t>(s.kind),
                   labels.number_of(s.label), labels.number_of(s.detail)});
  return all;
}

std::vector<Span> unpacked(const std::vector<PackedSpan>& spans, const std::vector<Interned>& labels) {
  std::vector<Span> all;
  all.reserve(spans.size());
  for (const PackedSpan& s : spans)
    all.push_back({static_cast<SpanKind>(s.kind), labels.at(s.label), Seconds{s.start}, Seconds{s.end},
                   Bytes{s.bytes}, labels.at(s.detail)});
  return all;
}

void pack(Packer& to, const Timeline& t) {
  Labels labels;
  to.add(t.duration, t.step_ends, t.roles.size());
  for (const RoleTrack& role : t.roles) {
    to.add(role.name, role.ranks, role.times, role.streams.size());
    for (const StreamTrack& stream : role.streams) to.add(stream.name, packed(stream.spans, labels));
  }
  to.add(labels.all().size());
  for (const std::string* label : labels.all()) to.add(*label);
  to.add(t.links.size());
  for (const LinkUse& link : t.links) to.add(link.name, link.capacity, link.carried, link.utilisation);
  to.add(t.heat.size());
  for (const LinkHeat& h : t.heat) to.add(h.name, h.links, h.bins, h.busiest, h.capacity, h.mean, h.carried);
}

void unpack(Unpacker& from, Timeline& t) {
  from.get(t.duration, t.step_ends);
  t.roles.resize(from.get<std::size_t>());
  std::vector<std::vector<PackedSpan>> spans;  // of all streams
  for (RoleTrack& role : t.roles) {
    from.get(role.name, role.ranks, role.times);
    role.streams.resize(from.get<std::size_t>());
    for (StreamTrack& stream : role.streams) from.get(stream.name, spans.emplace_back());
  }
  std::vector<Interned> labels(from.get<std::size_t>());
  for (Interned& label : labels) {
    std::string text;
    from.get(text);
    label = text;
  }
  auto of_stream = spans.begin();
  for (RoleTrack& role : t.roles)
    for (StreamTrack& stream : role.streams) stream.spans = unpacked(*of_stream++, labels);
  t.links.resize(from.get<std::size_t>());
  for (LinkUse& link : t.links) from.get(link.name, link.capacity, link.carried, link.utilisation);
  t.heat.resize(from.get<std::size_t>());
  for (LinkHeat& h : t.heat) from.get(h.name, h.links, h.bins, h.busiest, h.capacity, h.mean, h.carried);
}

}  // namespace

std::string to_bytes(const Timeline& timeline) {
  Packer all;
  pack(all, timeline);
  return all.take();
}

Timeline timeline_from(std::string_view bytes) {
  Unpacker all(bytes);
  Timeline timeline;
  unpack(all, timeline);
  return timeline;
}

std::string to_bytes(const JobsTimeline& timelines) {
  Packer all;
  all.add(timelines.duration, timelines.jobs.size());
  for (std::size_t j = 0; j < timelines.jobs.size(); ++j) {
    pack(all, timelines.jobs[j]);
    all.add(timelines.carried[j]);
  }
  return all.take();
}

JobsTimeline jobs_timeline_from(std::string_view bytes) {
  Unpacker all(bytes);
  JobsTimeline timelines;
  all.get(timelines.duration);
  timelines.jobs.resize(all.get<std::size_t>());
  timelines.carried.resize(timelines.jobs.size());
  for (std::size_t j = 0; j < timelines.jobs.size(); ++j) {
    unpack(all, timelines.jobs[j]);
    all.get(timelines.carried[j]);
  }
  return timelines;
}

}  // namespace aifsim
