// Platforms: their partitions told apart, and read.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/read_document.hpp"
#include "catalog/settings.hpp"

namespace aifsim::catalog {

// Which partition a name means: the one that it says, or the only one with GPUs; "" where the file has none. InputError
// where it is none of them, or must say which.
std::string partition_meant(const Document& document, std::string_view name, const Place& asked_at);
// The platform as one of its partitions has it, with what the settings say of that one.
Document document_of(Document document, const std::string& partition, const Settings& settings);
Read<PlatformDescription> read_platform(const Catalog& catalog, const Document& document,
                                        const std::filesystem::path& file, const std::string& partition,
                                        const Settings& settings);
// One for each partition, or that of all nodes. InputError where something is wrong.
std::vector<PlatformDescription> read_all_partitions(const Catalog& catalog, const Document& document,
                                                     const std::filesystem::path& file);
// Problems and rows of a whole file: what all of its partitions have alike stands once, as the machine's.
FileFindings read_partitions(const Catalog& catalog, const Document& document,
                             const std::filesystem::path& file);

}  // namespace aifsim::catalog
