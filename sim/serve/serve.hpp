// The local page's server, from its start to the signal that ends it.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace aifsim {

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 8080;                                // 0: a free one
  std::filesystem::path files;                    // of the user, which scenarios may name; "": none
  std::vector<std::filesystem::path> catalogues;  // folders that hold platforms/ and the others
  std::chrono::milliseconds longest{};            // of a run
  std::string version;
};

// `ready` gets the address with its token once requests are answered, and whether others than this machine reach it. Returns the signal
// (SIGINT, SIGTERM, SIGHUP) that came; by then no run and no temporary file of it is left. InputError where it cannot
// listen, or a folder is missing.
int serve(const ServeOptions& options,
          const std::function<void(const std::string& address, bool others)>& ready);

}  // namespace aifsim
