#include "machine/groups.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"

namespace aifsim {
namespace {

constexpr std::int64_t kMostGroups = 2000;

struct Shape : AlikeGroups {
  std::int64_t first_node = 0, first_group = 0, first_leaf = 0;
  std::int64_t nodes() const { return leaf_begins.back(); }  // per group
};

struct LeafPlace {
  std::int64_t group = 0;
  std::int64_t leaf = 0;  // counted over the whole machine
  const Shape* shape = nullptr;
};

class Groups final : public Fabric {
 public:
  Groups(GroupsSpec spec, const FabricPorts& ports)
      : Fabric(ports, Routing::adaptive), spec_(std::move(spec)) {
    std::int64_t nodes = 0;
    for (const AlikeGroups& given : spec_.shapes) {
      Shape shape{given, nodes, groups_, leaves_};
      switch_count({shape.count, shape.leaves + 1});  // no overflow in what follows
      nodes += shape.count * shape.nodes();
      leaves_ += shape.count * shape.leaves;
      groups_ += shape.count;
      shapes_.push_back(std::move(shape));
    }
    if (nodes < ports.nodes)
      throw InputError(ports.place, fmt::format("{} nodes, but the fabric's {} {}s hold {}", ports.nodes,
                                                groups_, spec_.group_word, nodes));
    switches_ = switch_count({leaves_ + groups_});
    if (groups_ > kMostGroups)
      throw InputError(ports.place,
                       fmt::format("{} {}s; at most {}, each joined to all others, are simulated", groups_,
                                   spec_.group_word, kMostGroups));
    join_leaves();
    join_groups();
  }

  void route(FabricPort from, FabricPort to, LinkId first, std::vector<LinkId>& out) const override {
    const LeafPlace source = place_of(from), target = place_of(to);
    if (source.leaf == target.leaf) return;
    std::uint64_t pick = choice(from, to);
    const bool within = source.group == target.group, direct = within && spec_.direct && !adaptive();
    if (source.shape->leaf_links > 0)
      out.push_back(first + leaf_link(source, direct ? lane_to(source, target, pick) : pick, false));
    if (!within) {
      const Pair& pair = pairs_[pair_index(source.group, target.group)];
      out.push_back(first + pair.first + static_cast<LinkId>(pick % pair.parallel));
    }
    if (target.shape->leaf_links > 0)
      out.push_back(first + leaf_link(target, direct ? lane_to(target, source, pick) : pick, true));
  }

  std::string link_name(std::size_t index) const override {
    if (index < first_pair_) {
      const auto at = std::upper_bound(leaf_first_.begin(), leaf_first_.end(), index);
      const std::int64_t leaf = std::distance(leaf_first_.begin(), at) - 1;
      const Shape& shape = shape_with(&Shape::first_leaf, leaf);
      const std::int64_t of = parallel_links(shape.leaf_links),
                         which =
                             static_cast<std::int64_t>(index - leaf_first_[static_cast<std::size_t>(leaf)]);
      return fmt::format("{} {}{}", leaf_name(leaf), which < of ? "up" : "down",
                         parallel_name(which % of, of));
    }
    const auto at = std::upper_bound(pairs_.begin(), pairs_.end(), index,
                                     [](std::size_t i, const Pair& pair) { return i < pair.first; });
    const std::int64_t pair = std::distance(pairs_.begin(), at) - 1;
    const std::int64_t from = pair / (groups_ - 1), to = pair % (groups_ - 1);
    const Pair& links = pairs_[static_cast<std::size_t>(pair)];
    return fmt::format("{} {}>{} {}{}", spec_.group_word, from, spec_.group_word, to + (to >= from ? 1 : 0),
                       parallel_name(static_cast<std::int64_t>(index - links.first), links.parallel));
  }
  std::string class_name(std::size_t index) const override {
    if (index >= first_pair_) return fmt::format("{} to {}", spec_.group_word, spec_.group_word);
    return spec_.leaf_word + (link(index).to >= static_cast<SwitchId>(leaves_) ? " up" : " down");
  }

  SwitchId switch_of(FabricPort port) const override {
    const LeafPlace place = place_of(port);
    return static_cast<SwitchId>(place.shape->leaf_links > 0 ? place.leaf : leaves_ + place.group);
  }
  std::string switch_name(SwitchId at) const override {
    return at < leaves_ ? leaf_name(at) : fmt::format("middle of {} {}", spec_.group_word, at - leaves_);
  }

  std::int64_t leaf_of(std::int64_t node) const override { return place_of({node, 0}).leaf; }
  std::int64_t group_of(std::int64_t node) const override { return place_of({node, 0}).group; }

 private:
  struct Pair {
    LinkId first = 0;
    std::uint32_t parallel = 1;
  };

  void join_leaves() {
    for (const Shape& shape : shapes_)
      for (std::int64_t leaf = shape.first_leaf; leaf < shape.first_leaf + shape.count * shape.leaves;
           ++leaf) {
        leaf_first_.push_back(link_count());
        if (shape.leaf_links == 0) continue;
        const auto middle =
            static_cast<SwitchId>(leaves_ + shape.first_group + (leaf - shape.first_leaf) / shape.leaves);
        join(static_cast<SwitchId>(leaf), middle, shape.leaf_links, spec_.leaf_bandwidth, spec_.up);
        join(middle, static_cast<SwitchId>(leaf), shape.leaf_links, spec_.leaf_bandwidth, spec_.down);
      }
    first_pair_ = link_count();
  }

  void join_groups() {
    std::vector<std::size_t> shape_of;
    for (std::size_t s = 0; s < shapes_.size(); ++s)
      shape_of.insert(shape_of.end(), static_cast<std::size_t>(shapes_[s].count), s);
    for (std::size_t a = 0; a < shape_of.size(); ++a)
      for (std::size_t b = 0; b < shape_of.size(); ++b) {
        if (a == b) continue;
        const std::int64_t links = spec_.global_links(shape_of[a], shape_of[b]);
        const auto middle = static_cast<SwitchId>(leaves_);
        const std::size_t first = join(middle + static_cast<SwitchId>(a), middle + static_cast<SwitchId>(b),
                                       links, spec_.global_bandwidth, spec_.across);
        pairs_.push_back({static_cast<LinkId>(first), static_cast<std::uint32_t>(parallel_links(links))});
      }
  }

  const Shape& shape_with(std::int64_t Shape::*member, std::int64_t value) const {
    const auto after =
        std::upper_bound(shapes_.begin(), shapes_.end(), value,
                         [&](std::int64_t v, const Shape& shape) { return v < shape.*member; });
    return *std::prev(after);
  }

  LeafPlace place_of(FabricPort port) const {
    const Shape& shape = shape_with(&Shape::first_node, port.node);
    const std::int64_t at = port.node - shape.first_node, group = at / shape.nodes();
    const std::int64_t in_group = at - group * shape.nodes();
    const auto after = std::upper_bound(shape.leaf_begins.begin(), shape.leaf_begins.end(), in_group);
    std::int64_t leaf = std::distance(shape.leaf_begins.begin(), after) - 1;
    leaf = leaf * shape.set + port.nic % shape.set;
    return {shape.first_group + group, shape.first_leaf + group * shape.leaves + leaf, &shape};
  }

  LinkId leaf_link(const LeafPlace& place, std::uint64_t pick, bool down) const {
    const auto of = static_cast<std::uint64_t>(parallel_links(place.shape->leaf_links));
    return static_cast<LinkId>(leaf_first_[static_cast<std::size_t>(place.leaf)] + pick % of +
                               (down ? of : 0));
  }
  // Which of a leaf's links leads straight to another leaf of its group.
  static std::uint64_t lane_to(const LeafPlace& leaf, const LeafPlace& other, std::uint64_t pick) {
    const auto to_each = static_cast<std::uint64_t>(leaf.shape->leaf_links / (leaf.shape->leaves - 1));
    const std::int64_t others = leaf.shape->leaves - 1;
    const std::int64_t own = (leaf.leaf - leaf.shape->first_leaf) % leaf.shape->leaves,
                       wanted = (other.leaf - leaf.shape->first_leaf) % leaf.shape->leaves;
    return static_cast<std::uint64_t>((wanted - (wanted > own ? 1 : 0)) % others) * to_each + pick % to_each;
  }
  // Ordered pairs without the diagonal.
  std::size_t pair_index(std::int64_t from, std::int64_t to) const {
    return static_cast<std::size_t>(from * (groups_ - 1) + to - (to > from ? 1 : 0));
  }
  std::string leaf_name(std::int64_t leaf) const {
    const Shape& shape = shape_with(&Shape::first_leaf, leaf);
    const std::int64_t at = leaf - shape.first_leaf;
    return fmt::format("{} {} {} {}", spec_.group_word, shape.first_group + at / shape.leaves,
                       spec_.leaf_word, at % shape.leaves);
  }

  GroupsSpec spec_;
  std::vector<Shape> shapes_;
  std::int64_t groups_ = 0, leaves_ = 0;
  std::vector<std::size_t> leaf_first_;  // first link of each leaf
  std::vector<Pair> pairs_;
  std::size_t first_pair_ = 0;
};

}  // namespace

std::unique_ptr<Fabric> build_groups(GroupsSpec spec, const FabricPorts& ports) {
  return std::make_unique<Groups>(std::move(spec), ports);
}

}  // namespace aifsim
