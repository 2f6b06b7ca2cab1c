// Where a block's keys stand in its file, of those that a file gives.
//
// Copies share it: a search makes one for each layout that it tries.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace aifsim {

class KeyPlaces {
 public:
  const Place* find(std::string_view key) const {
    if (!places_) return nullptr;
    const auto at = places_->find(key);
    return at == places_->end() ? nullptr : &at->second;
  }
  void set(std::string_view key, const Place& place) {
    auto changed = places_ ? std::make_shared<Map>(*places_) : std::make_shared<Map>();
    changed->insert_or_assign(std::string(key), place);
    places_ = std::move(changed);
  }

 private:
  using Map = std::map<std::string, Place, std::less<>>;
  std::shared_ptr<const Map> places_;
};

}  // namespace aifsim
