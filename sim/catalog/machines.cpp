#include "catalog/machines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "catalog/settings.hpp"

namespace aifsim::catalog {
namespace {

Node::Entry* entry_of(Node& map, std::string_view key) {
  const auto at = std::find_if(map.entries.begin(), map.entries.end(),
                               [&](const Node::Entry& entry) { return entry.key == key; });
  return at == map.entries.end() ? nullptr : &*at;
}

Node taken_out(Node& map, std::string_view key) {
  Node::Entry* entry = entry_of(map, key);
  if (!entry) return {};
  Node value = std::move(entry->value);
  map.entries.erase(map.entries.begin() + (entry - map.entries.data()));
  return value;
}

void set_key(Node& map, const std::string& key, Node value) {
  if (Node::Entry* entry = entry_of(map, key))
    entry->value = std::move(value);
  else
    map.entries.push_back({key, value.place, std::move(value)});
}

Node word_node(std::string text, const Node& as) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.place = as.place;
  node.provenance = as.provenance;
  return node;
}

Node list_at(const Node& as) {
  Node node;
  node.kind = Node::Kind::list;
  node.place = as.place;
  node.provenance = as.provenance;
  return node;
}

// What a file of machines says of their whole has no place in a larger whole.
void tell_lost(const Node& machine, std::vector<Problem>& problems) {
  const auto lost = [&](const Node::Entry& entry) {
    problems.push_back(
        {entry.place, entry.key + ": of a file whose machines are taken in; say it in the file that takes "
                                  "them in, or in one of them"});
  };
  for (const Node::Entry& entry : machine.entries)
    if (entry.key == "storage" || entry.key == "file_systems") lost(entry);
  if (const Node* fabric = machine.find("fabric"))
    if (const Node::Entry* wan = fabric->find_entry("wan")) lost(*wan);
}

void flatten(std::vector<Node>& from, std::vector<Node>& into, std::vector<Problem>& problems) {
  for (Node& machine : from) {
    Node inner = machine.is_map() ? taken_out(machine, "machines") : Node{};
    if (inner.is_list()) {
      tell_lost(machine, problems);
      flatten(inner.items, into, problems);
    } else {
      into.push_back(std::move(machine));
    }
  }
}

// Of a fabric what its NICs are.
Node nics_of(const Node& fabric) {
  Node nics = fabric;
  std::erase_if(nics.entries, [](const Node::Entry& entry) {
    return entry.key != "injection" && entry.key != "nic_latency";
  });
  return nics;
}

// Adds those whose names are not yet there; one of a name is the same in all machines.
void join_file_systems(Node more, Node& all, std::vector<Problem>& problems) {
  if (more.kind == Node::Kind::null) return;
  if (!more.is_list()) {
    problems.push_back({more.place, "file_systems: expected a list, found " + more.found()});
    return;
  }
  if (!all.is_list()) all = list_at(more);
  for (Node& one : more.items) {
    const Node* name = one.find("name");
    const auto known = std::find_if(all.items.begin(), all.items.end(), [&](const Node& other) {
      const Node* called = other.find("name");
      return name && called && called->text == name->text;
    });
    if (known == all.items.end())
      all.items.push_back(std::move(one));
    else if (canonical(*known) != canonical(one))
      problems.push_back({name->place, "file_systems: " + name->text +
                                           " is another in a machine before, at " + known->place.str() +
                                           "; another name would be right"});
  }
}

// The machine's partitions, or itself as one.
std::vector<Node> partitions_of(Node machine, const Node& name, const Node& fabric,
                                std::vector<Problem>& problems) {
  Node own = taken_out(machine, "partitions");
  set_key(machine, "machine", name);
  if (fabric.is_map()) set_key(machine, "fabric", nics_of(fabric));
  std::vector<Node> found;
  if (!own.is_list()) {
    if (own.kind != Node::Kind::null)
      problems.push_back({own.place, "partitions: expected a list, found " + own.found()});
    set_key(machine, "name", name);
    return {std::move(machine)};
  }
  for (Node& part : own.items) {
    if (!part.is_map()) {
      problems.push_back({part.place, "expected a map, found " + part.found()});
      continue;
    }
    for (const char* key : {"storage", "file_systems"})
      taken_out(part, key);  // a partition's file has its machine's
    const Node* called = part.find("name");
    if (!called) problems.push_back({part.place, "name: missing"});
    const std::string of_machine = called ? called->text : "";
    Node one = merged(machine, part);
    set_key(one, "name", word_node(name.text + "_" + of_machine, called ? *called : part));
    if (Node::Entry* title = entry_of(one, "title"); title && !part.find("title"))
      title->value.text += ", " + of_machine;
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace

void expand_machines(Node& root, std::vector<Problem>& problems) {
  Node::Entry* list = entry_of(root, "machines");
  if (!list || !list->value.is_list()) return;
  Node file_systems;
  join_file_systems(taken_out(root, "file_systems"), file_systems, problems);
  list = entry_of(root, "machines");  // entries have moved
  if (const Node::Entry* partitions = root.find_entry("partitions"))
    problems.push_back({partitions->place, "partitions: stand in the machines here, not beside them"});
  std::vector<Node> machines;
  flatten(list->value.items, machines, problems);
  list->value.items.clear();
  const Node* own_storage = root.find("storage");
  Node partitions = list_at(list->value), storage = own_storage ? *own_storage : list_at(list->value);
  for (Node& machine : machines) {
    if (!machine.is_map()) {
      list->value.items.push_back(std::move(machine));
      continue;
    }
    Node kept = machine;
    std::erase_if(kept.entries, [](const Node::Entry& entry) {
      return entry.key != "name" && entry.key != "at" && entry.key != "uplink" && entry.key != "fabric";
    });
    Node name = taken_out(machine, "name");
    for (const char* key : {"at", "uplink", "kind"}) taken_out(machine, key);
    Node fabric = taken_out(machine, "fabric"), tiers = taken_out(machine, "storage");
    join_file_systems(taken_out(machine, "file_systems"), file_systems, problems);
    list->value.items.push_back(std::move(kept));
    if (!name.is_scalar()) continue;  // told as missing
    Node beside = list_at(machine);
    for (Node& partition : partitions_of(std::move(machine), name, fabric, problems)) {
      if (const Node* called = partition.find("name")) beside.items.push_back(*called);
      partitions.items.push_back(std::move(partition));
    }
    if (!tiers.is_list() && tiers.kind != Node::Kind::null)
      problems.push_back({tiers.place, "storage: expected a list, found " + tiers.found()});
    for (Node& tier : tiers.items) {
      if (!tier.is_map()) {
        problems.push_back({tier.place, "expected a map, found " + tier.found()});
        continue;
      }
      if (const Node* first = tier.find("first_place"))
        problems.push_back({first->place,
                            "first_place: of a machine that is joined with others, servers stand beside "
                            "the nodes; leave this key out"});
      if (const Node* called = tier.find("name"))
        set_key(tier, "name", word_node(name.text + "_" + called->text, *called));
      if (Node::Entry* own = entry_of(tier, "beside"); own && own->value.is_list())
        for (Node& one : own->value.items) one.text = name.text + "_" + one.text;
      else
        set_key(tier, "beside", beside);
      storage.items.push_back(std::move(tier));
    }
  }
  // The list moves when entries are added.
  if (!partitions.items.empty()) set_key(root, "partitions", std::move(partitions));
  if (!storage.items.empty()) set_key(root, "storage", std::move(storage));
  if (file_systems.kind != Node::Kind::null) set_key(root, "file_systems", std::move(file_systems));
}

}  // namespace aifsim::catalog
