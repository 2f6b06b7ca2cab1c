#include "engine/timeline_bytes.hpp"

#include "base/packed.hpp"

namespace aifsim {
namespace {

void pack(Packer& to, const Timeline& t) {
  to.add(t.duration, t.step_ends, t.roles.size());
  for (const RoleTrack& role : t.roles) {
    to.add(role.name, role.ranks, role.times, role.streams.size());
    for (const StreamTrack& stream : role.streams) {
      to.add(stream.name, stream.spans.size());
      for (const Span& s : stream.spans) to.add(s.kind, s.label, s.start, s.end, s.bytes, s.detail);
    }
  }
  to.add(t.links.size());
  for (const LinkUse& link : t.links) to.add(link.name, link.capacity, link.carried, link.utilisation);
  to.add(t.heat.size());
  for (const LinkHeat& h : t.heat) to.add(h.name, h.links, h.bins, h.busiest, h.capacity, h.mean, h.carried);
}

void unpack(Unpacker& from, Timeline& t) {
  from.get(t.duration, t.step_ends);
  t.roles.resize(from.get<std::size_t>());
  for (RoleTrack& role : t.roles) {
    from.get(role.name, role.ranks, role.times);
    role.streams.resize(from.get<std::size_t>());
    for (StreamTrack& stream : role.streams) {
      from.get(stream.name);
      stream.spans.resize(from.get<std::size_t>());
      for (Span& s : stream.spans) from.get(s.kind, s.label, s.start, s.end, s.bytes, s.detail);
    }
  }
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
