// One node: NICs on top, where the fabric begins, then the host, the GPUs, and below them what joins GPUs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "report/drawing/draw_parts.hpp"

namespace aifsim {
namespace {

struct Look {
  const char* fill;
  const char* edge;
};

Look look_of(std::string_view kind) {
  if (kind == "gpu") return {"#e0f1dc", "#4b8b3b"};
  if (kind == "nic") return {"#fde9d0", "#c77d1f"};
  if (kind == "cpu") return {"#e3e7ee", "#67748a"};
  return {"#efe6f6", "#8a5fb0"};
}

constexpr const char* nic_colour = "#c77d1f";

// Rules that say the same of the same kinds of device, drawn in one colour and named once.
struct LinkStyle {
  std::string from, to;  // kinds
  const WiringRule* rule;
  LinkClass cls;
  std::string_view colour;
};

std::vector<LinkStyle> styles_of(const std::vector<WiringRule>& rules) {
  constexpr std::array scale_up{"#3c8d2f", "#8a3fb0", "#b0328b", "#14857c"};
  constexpr std::array host{"#67748a", "#2f6fb3", "#a5651a", "#9a3b3b", "#4a4a8a"};
  std::vector<LinkStyle> styles;
  std::size_t scale_ups = 0, hosts = 0;
  for (const WiringRule& rule : rules) {
    const std::string from(device_kind(rule.from)), to(device_kind(rule.to));
    const auto same = [&](const LinkStyle& s) {
      return s.from == from && s.to == to && *s.rule->bandwidth == *rule.bandwidth &&
             *s.rule->latency == *rule.latency;
    };
    if (std::any_of(styles.begin(), styles.end(), same)) continue;
    const LinkClass cls = wiring_class(from, to);
    const char* colour =
        cls == LinkClass::scale_up ? scale_up[scale_ups++ % scale_up.size()] : host[hosts++ % host.size()];
    styles.push_back({from, to, &rule, cls, colour});
  }
  return styles;
}

const LinkStyle* style_of(const std::vector<LinkStyle>& styles, const std::string& from,
                          const std::string& to, const WiringLink& link) {
  for (const LinkStyle& s : styles)
    if (s.from == from && s.to == to && *s.rule->bandwidth == link.capacity &&
        *s.rule->latency == link.latency)
      return &s;
  return nullptr;
}

// Which row a kind of device stands in, from the top.
enum RowIndex : std::size_t { nics_row, cpus_row, host_row, gpus_row, scale_up_row, rows };

RowIndex row_of_kind(std::string_view kind) {
  if (kind == "nic") return nics_row;
  if (kind == "cpu") return cpus_row;
  if (kind == "gpu") return gpus_row;
  return wiring_class("gpu", kind) == LinkClass::host ? host_row : scale_up_row;
}

class NodePicture {
 public:
  NodePicture(Svg& svg, const NodeWiring& wiring, const std::vector<LinkStyle>& styles, double left,
              double right, double y)
      : svg_(svg), wiring_(wiring), styles_(styles), left_(left), right_(right) {
    for (DeviceId id = 0; id < wiring.devices().size(); ++id)
      members_[row_of_kind(wiring.devices()[id].kind)].push_back(id);
    double at = y;
    for (std::size_t r = 0; r < rows; ++r) {
      if (members_[r].empty()) continue;
      place_row(r, at);
      at += pitch;
    }
    bottom_ = at - pitch + height;
    keep_cpus_clear_of_lines();
  }

  void draw() {
    for (const WiringLink& link : wiring_.links()) draw_link(link);
    for (std::size_t r = 0; r < rows; ++r) {
      for (const DeviceId id : members_[r]) {
        if (!boxes_.count(id)) continue;
        const Look look = look_of(wiring_.devices()[id].kind);
        if (r == nics_row) {
          const PagePoint top = boxes_[id].top();
          svg_.line(top, {top.x, top.y - 24}, {nic_colour, 2});
          svg_.arrow_up({top.x, top.y - 30}, nic_colour);
        }
        svg_.box_with_text(boxes_[id], look.fill, look.edge, wiring_.devices()[id].name);
      }
      if (rest_[r].hidden > 0)
        svg_.box_with_text(rest_[r].rest, "#ffffff", "#c4ccd5", fmt::format("… +{}", rest_[r].hidden), 12);
    }
  }

  double bottom() const { return bottom_ + deepest_; }

 private:
  static constexpr double pitch = 96, height = 36;
  static constexpr std::size_t most = 8, most_cpus = 4;  // CPUs need room to step aside

  void place_row(std::size_t r, double y) {
    const double gpu_pitch = (right_ - left_) / std::min<double>(most, static_cast<double>(wiring_.gpus()));
    const bool cpus = r == cpus_row;
    rest_[r] = row_of(std::ssize(members_[r]), cpus ? most_cpus : most, left_, right_, y, height,
                      cpus ? std::min(96.0, gpu_pitch * 0.62) : 96);
    for (std::size_t i = 0; i < rest_[r].boxes.size(); ++i) boxes_[members_[r][i]] = rest_[r].boxes[i];
  }

  // Where a straight link between two rows passes the height `y`; boxes of CPUs must not hide it.
  std::vector<double> crossings(double y) const {
    std::vector<double> at;
    for (const WiringLink& link : wiring_.links()) {
      const auto a = boxes_.find(link.from), b = boxes_.find(link.to);
      if (a == boxes_.end() || b == boxes_.end()) continue;
      const PagePoint from = a->second.bottom(), to = b->second.top();
      if (from.y < y && y < to.y) at.push_back(from.x + (to.x - from.x) * (y - from.y) / (to.y - from.y));
    }
    return at;
  }

  void keep_cpus_clear_of_lines() {
    std::vector<Box*> cpus;
    for (const DeviceId id : members_[cpus_row])
      if (const auto found = boxes_.find(id); found != boxes_.end()) cpus.push_back(&found->second);
    if (rest_[cpus_row].hidden > 0) cpus.push_back(&rest_[cpus_row].rest);
    std::vector<Box> placed;
    for (Box* cpu : cpus) {
      Box& box = *cpu;
      const std::vector<double> lines = crossings(box.centre().y);
      const double wished = box.x;
      const auto blocked = [&](double x) {
        if (x < left_ || x + box.width > right_) return true;
        const bool on_line = std::any_of(lines.begin(), lines.end(),
                                         [&](double l) { return l > x - 8 && l < x + box.width + 8; });
        return on_line || std::any_of(placed.begin(), placed.end(), [&](const Box& b) {
                 return x < b.x + b.width + 12 && b.x < x + box.width + 12;
               });
      };
      for (double shift = 0; shift < right_ - left_; shift += 4) {
        if (!blocked(wished + shift)) {
          box.x = wished + shift;
          break;
        }
        if (!blocked(wished - shift)) {
          box.x = wished - shift;
          break;
        }
      }
      placed.push_back(box);
    }
  }

  void draw_link(const WiringLink& link) {
    const Device &from = wiring_.devices()[link.from], &to = wiring_.devices()[link.to];
    const LinkStyle* style = style_of(styles_, from.kind, to.kind, link);
    if (!style || !boxes_.count(link.from) || !boxes_.count(link.to))
      return;  // the other direction, or not shown
    const Stroke stroke{style->colour, style->cls == LinkClass::scale_up ? 2.4 : 1.8, 0.9};
    const Box &a = boxes_[link.from], &b = boxes_[link.to];
    if (a.y != b.y) {
      const bool down = a.y < b.y;
      svg_.line(down ? a.bottom() : a.top(), down ? b.top() : b.bottom(), stroke);
    } else if (from.kind == "gpu") {
      if (link.from > link.to) return;  // a mesh's links back lie on those forth
      const double bend = 24 + std::abs(a.x - b.x) * 0.22;
      deepest_ = std::max(deepest_, bend * 0.75);
      const double side = a.width * 0.12;
      svg_.arc({a.bottom().x + side, a.bottom().y}, {b.bottom().x - side, b.bottom().y}, bend, stroke);
    } else if (link.from < link.to) {
      svg_.arc(a.top(), b.top(), -34, stroke);
    }
  }

  Svg& svg_;
  const NodeWiring& wiring_;
  const std::vector<LinkStyle>& styles_;
  double left_, right_, bottom_ = 0, deepest_ = 0;
  std::array<std::vector<DeviceId>, rows> members_;
  std::array<Row, rows> rest_;
  std::map<DeviceId, Box> boxes_;
};

double draw_legend(Svg& svg, const PlatformDescription& platform, const std::vector<LinkStyle>& styles,
                   double y) {
  const auto entry = [&](const std::string& what, std::string_view colour, double width,
                         const Figure<BytesPerSecond>& bandwidth, Seconds latency) {
    svg.line({page::captions, y - 4}, {page::captions + 26, y - 4}, {colour, width});
    svg.text({page::captions + 36, y}, what, 13.5, page::ink, Anchor::start, true);
    svg.text({page::captions + 36, y + 17},
             fmt::format("{}, {}, {}", shown(*bandwidth), shown(latency), word(bandwidth.confidence)), 12.5,
             page::faint);
    y += 44;
  };
  entry("NIC – leaf switch", nic_colour, 2, platform.fabric.injection, *platform.fabric.nic_latency);
  for (const LinkStyle& s : styles)
    entry(fmt::format("{} – {}", s.from, s.to), s.colour, s.cls == LinkClass::scale_up ? 2.4 : 1.8,
          s.rule->bandwidth, *s.rule->latency);
  return y - 27;
}

}  // namespace

double draw_node(Svg& svg, const PlatformDescription& platform, const NodeWiring& wiring, double y) {
  heading(svg, y, platform.partition.empty() ? "One node" : "One node of " + platform.partition);
  const std::vector<LinkStyle> styles = styles_of(platform.node.wiring);
  const double legend = draw_legend(svg, platform, styles, y + 46);
  NodePicture picture(svg, wiring, styles, page::margin, page::captions - 40, y + 84);
  svg.text({page::margin, y + 36}, "to the leaf switch", 12, nic_colour);
  picture.draw();
  return std::max(legend, picture.bottom());
}

}  // namespace aifsim
