// What the name of a submission says of its hardware: "F1_8x7000GiB_nvme_2xHDR200_3clients", "Box-II", "2 Box 3500 BBs".
//
// Read are: tiers of the catalogue by their `known_as`, with how many (a number before, a Roman numeral behind, or
// "2 building blocks"); clients or hosts with their number; NICs as NUMBERxWORDRATE in Gb/s;
// drives as NUMBERxCAPACITY; storage nodes with their number.
#pragma once
#include <string>
#include <vector>

#include "catalog/storage.hpp"

namespace aifsim {

struct NamedHardware {
  const StorageTierDescription* tier = nullptr;  // one of those given
  double units = 1;                              // of it; one where none are said
  bool units_said = false;
  double clients = 0, nics = 0, nodes = 0, drives = 0;  // 0: not said
  BytesPerSecond nic;                                   // of each
  bool says() const { return tier || clients > 0 || nics > 0 || nodes > 0 || drives > 0; }
  std::string str()
      const;  // "3 clients, NICs 2 x 200 Gb/s"; "AI9, number not said"; "" where it says nothing
};

NamedHardware hardware_named(const std::string& name, const std::vector<StorageTierDescription>& tiers);

// In small letters, cut where no letter or digit stands, and behind NUMBERx: "2xHDR200" -> 2, hdr200.
std::vector<std::string> name_words(const std::string& name);
// Where the words of `part` stand in a row; npos where they do not.
std::size_t find_words(const std::vector<std::string>& words, const std::vector<std::string>& part);

}  // namespace aifsim
