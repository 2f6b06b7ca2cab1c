// What the local page asks and gets. All but the page itself needs the token (request_gate.hpp); errors are those of the
// command line: {"errors": [{"file", "line", "column", "message"}], "exit": N}.
//
//   GET  /                      the page
//   GET  /api/catalog           {"version", "files", "platforms", "workloads", "stacks"} as `aifsim list --json` has them
//   POST /api/check             {"scenario": TEXT}: what `aifsim check --json` says of it, always with status 200
//   POST /api/runs              {"scenario": TEXT, "influence": true}: {"id": N}, status 201; 429 where too many wait
//   GET  /api/runs              the runs, the newest first
//   GET  /api/runs/N            one: state, progress, and of one that failed its errors
//   POST /api/runs/N/cancel     {}
//   GET  /api/runs/N/result.json, report.html, scenario.yaml
#pragma once
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "serve/request_gate.hpp"
#include "serve/run_queue.hpp"

namespace aifsim {

class PageService {
 public:
  PageService(RequestGate gate, RunQueue& runs, const Workplace& workplace, std::filesystem::path folder,
              std::string version);

  HttpAnswer answer(const HttpRequest& request);
  void stop() { stop_.turn(); }  // short commands that still run

 private:
  HttpAnswer routed(const HttpRequest& request);
  HttpAnswer catalog();
  HttpAnswer check(const std::string& body);
  HttpAnswer add_run(const std::string& body);
  HttpAnswer of_run(const HttpRequest& request, int id, const std::string& part);
  // What a short command prints; "" where too many run already.
  std::string asked(const std::vector<std::string>& arguments, const std::string& scenario);

  const RequestGate gate_;
  RunQueue& runs_;
  const Workplace& workplace_;
  const std::filesystem::path folder_;
  const std::string version_;
  StopSwitch stop_;
  std::atomic<int> asking_ = 0, asked_ = 0;
};

// The page with its script and style in it, and the content security policy that allows nothing else.
std::string page_html();
std::string page_policy();

}  // namespace aifsim
