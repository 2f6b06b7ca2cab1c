// Field numbers: github.com/google/perfetto, protos/perfetto/trace/trace_packet.proto and
// track_event/{track_event,track_descriptor,process_descriptor,thread_descriptor,debug_annotation}.proto.
#include "report/perfetto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "report/format.hpp"
#include "report/span_kind.hpp"

namespace aifsim {
namespace {

using protozero::pbf_writer;

namespace trace {
constexpr protozero::pbf_tag_type packet = 1;
}
namespace packet {
constexpr protozero::pbf_tag_type timestamp = 8, sequence_id = 10, track_event = 11, sequence_flags = 13,
                                  track_descriptor = 60;
constexpr std::uint32_t incremental_state_cleared = 1;
}  // namespace packet
namespace descriptor {
constexpr protozero::pbf_tag_type uuid = 1, process = 3, thread = 4, parent_uuid = 5;
}
namespace process {
constexpr protozero::pbf_tag_type pid = 1, name = 6;
}
namespace thread {
constexpr protozero::pbf_tag_type pid = 1, tid = 2, name = 5;
}
namespace event {
constexpr protozero::pbf_tag_type debug_annotation = 4, type = 9, track_uuid = 11, category = 22, name = 23;
constexpr std::int32_t slice_begin = 1, slice_end = 2;
}  // namespace event
namespace annotation {
constexpr protozero::pbf_tag_type uint_value = 3, string_value = 6, name = 10;
}

// All packets belong to one writer sequence; trace processor drops track events without one.
constexpr std::uint32_t the_sequence = 1;

std::uint64_t nanoseconds(Seconds t) { return static_cast<std::uint64_t>(std::llround(t.value * 1e9)); }

void annotate(pbf_writer& writer, const char* name, const std::string& value) {
  pbf_writer field{writer, event::debug_annotation};
  field.add_string(annotation::string_value, value);
  field.add_string(annotation::name, name);
}

void write_slice(pbf_writer& out, std::uint64_t track, const Span& span) {
  {
    pbf_writer begin{out, trace::packet};
    begin.add_uint64(packet::timestamp, nanoseconds(span.start));
    begin.add_uint32(packet::sequence_id, the_sequence);
    pbf_writer writer{begin, packet::track_event};
    if (span.kind == SpanKind::communication) {
      {
        pbf_writer field{writer, event::debug_annotation};
        field.add_uint64(annotation::uint_value, static_cast<std::uint64_t>(std::llround(span.bytes.value)));
        field.add_string(annotation::name, "bytes");
      }
      if (!span.detail.empty()) annotate(writer, "algorithm", span.detail.str());
    } else if (!span.detail.empty()) {
      annotate(writer, "detail", span.detail.str());
    }
    writer.add_enum(event::type, event::slice_begin);
    writer.add_uint64(event::track_uuid, track);
    writer.add_string(event::category, kind_name(span.kind));
    writer.add_string(event::name, slice_name(span));
  }
  pbf_writer end{out, trace::packet};
  end.add_uint64(packet::timestamp, nanoseconds(span.end));
  end.add_uint32(packet::sequence_id, the_sequence);
  pbf_writer writer{end, packet::track_event};
  writer.add_enum(event::type, event::slice_end);
  writer.add_uint64(event::track_uuid, track);
}

class TraceWriter {
 public:
  explicit TraceWriter(std::string& data) : out_(data) {}

  // The first `most` spans of each stream.
  void add_role(const std::string& name, const RoleTrack& role, std::size_t most) {
    const std::int32_t pid = ++pid_;
    const std::uint64_t process_uuid = ++uuid_;
    {
      pbf_writer p{out_, trace::packet};
      open_sequence(p);
      pbf_writer d{p, packet::track_descriptor};
      d.add_uint64(descriptor::uuid, process_uuid);
      pbf_writer process_field{d, descriptor::process};
      process_field.add_int32(process::pid, pid);
      process_field.add_string(process::name, name);
    }
    std::int32_t tid = pid;  // the main thread's id is the process id; the streams follow it
    for (const StreamTrack& stream : role.streams) {
      const std::uint64_t track = ++uuid_;
      {
        pbf_writer p{out_, trace::packet};
        open_sequence(p);
        pbf_writer d{p, packet::track_descriptor};
        d.add_uint64(descriptor::uuid, track);
        {
          pbf_writer thread_field{d, descriptor::thread};
          thread_field.add_int32(thread::pid, pid);
          thread_field.add_int64(thread::tid, ++tid);
          thread_field.add_string(thread::name, stream.name);
        }
        d.add_uint64(descriptor::parent_uuid, process_uuid);
      }
      for (std::size_t i = 0; i < std::min(most, stream.spans.size()); ++i)
        write_slice(out_, track, stream.spans[i]);
    }
    pid_ = tid;
  }

 private:
  void open_sequence(pbf_writer& p) {
    p.add_uint32(packet::sequence_id, the_sequence);
    if (first_) p.add_uint32(packet::sequence_flags, packet::incremental_state_cleared);
    first_ = false;
  }

  pbf_writer out_;
  std::int32_t pid_ = 0;
  std::uint64_t uuid_ = 0;
  bool first_ = true;
};

}  // namespace

std::string slice_name(const Span& span) {
  if (span.kind != SpanKind::communication) return span.label;
  std::string name = span.label.str() + ", " + human_bytes(span.bytes);
  if (!span.detail.empty()) name += ", " + span.detail.str();
  return name;
}

std::string to_perfetto(const Result& result) {
  std::string data;
  TraceWriter writer(data);
  for (const Point& point : result.points) {
    for (const RoleTrack& role : point.timeline.roles) {
      writer.add_role(
          fmt::format("{}{}{}, {} GPUs: {} ({} ranks)", point.platform, point.variant.empty() ? "" : ", ",
                      point.variant, point.gpus, role.name, role.ranks),
          role, written_spans(point.timeline));
    }
  }
  return data;
}

}  // namespace aifsim
