# What the load scripts share; to be sourced. Everything is started on loopback, on free ports, below loadtest/target,
# and stopped when the script ends, however it ends.
set -euo pipefail
export LC_ALL=C

readonly LOADTEST=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly TARGET=$LOADTEST/target
readonly JAR=$LOADTEST/../target/sluice.jar
readonly APP=$TARGET/sluice
# The same for every server of a comparison.
JVM_OPTIONS=${JVM_OPTIONS:--Xmx512m}
STARTED=()

die() { echo "$*" >&2; exit 1; }

# A program, and the package that has it if that is called otherwise.
need() { command -v "$1" >/dev/null || die "$1 is missing: apt-get install ${2:-$1}"; }

stop() {
  local pid
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    timeout 30 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
  done
}

# What a script has to stop beside what start() has started: to be defined anew.
clean_up_more() { :; }

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  [ ${#STARTED[@]} -eq 0 ] || stop "${STARTED[@]}" 2>/dev/null
  clean_up_more
  rm -rf "$TARGET/data"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Sets JAVA and JAVAC: those of JAVA_HOME, else those on the path.
choose_jdk() {
  JAVA=${JAVA_HOME:+$JAVA_HOME/bin/}java
  JAVAC=${JAVA_HOME:+$JAVA_HOME/bin/}javac
  command -v "$JAVA" >/dev/null && command -v "$JAVAC" >/dev/null || die "no JDK: set JAVA_HOME to one, 17 or newer"
  echo "$("$JAVA" -version 2>&1 | head -1), $(nproc) cores, JVM options: $JVM_OPTIONS"
}

# Unpacks the gateway's jar, which starts faster so, and compiles the programs beside this file against its libraries.
prepare() {
  choose_jdk
  mkdir -p "$TARGET/scripts"
  rm -rf "$TARGET/data" "$TARGET"/*.log
  [ -f "$JAR" ] || die "target/sluice.jar is missing: mvn -DskipTests package"
  if [ ! -d "$APP" ] || [ "$JAR" -nt "$APP" ]; then
    rm -rf "$APP"
    "$JAVA" -Djarmode=tools -jar "$JAR" extract --destination "$APP" >/dev/null
    touch "$APP"
  fi
  "$JAVAC" -proc:none -d "$TARGET/scripts" -cp "$APP/lib/*" "$LOADTEST"/*.java
}

# Sets PORTS to as many free ports of loopback as are asked for, below the range that outgoing connections use.
free_ports() {
  local port
  PORTS=()
  while [ ${#PORTS[@]} -lt "$1" ]; do
    port=$((20000 + RANDOM % 12000))
    [[ " ${PORTS[*]} " == *" $port "* ]] || (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || PORTS+=("$port")
  done
}

# Starts a program in the background and sets PID: start <name of its log> <command> ...
start() {
  local log=$TARGET/$1.log
  shift
  (cd "$TARGET" && exec "$@") >>"$log" 2>&1 </dev/null &
  PID=$!
  STARTED+=("$PID")
}

# Waits until a URL is answered with success: await <pid of who answers> <name of its log> <url>
await() {
  local end=$((SECONDS + 120))
  until curl -fsS -m 2 -o /dev/null "$3" 2>/dev/null; do
    kill -0 "$1" 2>/dev/null || { tail -n 40 "$TARGET/$2.log" >&2; die "$2 has ended, see $TARGET/$2.log"; }
    [ "$SECONDS" -lt "$end" ] || { tail -n 40 "$TARGET/$2.log" >&2; die "$2 is not ready after two minutes"; }
    sleep 0.05
  done
}

# Starts the demo backend on a port and sets BACKEND (its pid) and BACKEND_URL.
start_backend() {
  # shellcheck disable=SC2086 # the options are words
  start backend "$JAVA" $JVM_OPTIONS -cp "$APP/sluice.jar" dev.sluice.demo.DemoBackend "$1"
  BACKEND=$PID
  BACKEND_URL=http://127.0.0.1:$1
  await "$BACKEND" backend "$BACKEND_URL/demo/calls"
}

# Starts a gateway and sets GATEWAY (its pid), BASE and MANAGEMENT (URLs): start_gateway <backend URL> [<node>]
# Node n, 1 if it is left out, takes ports 2n-1 and 2n of PORTS. Routes and limits are those of application.yaml beside
# this file, the backend's URL is where they send their jobs; what SLUICE_... of the environment says wins over the file.
start_gateway() {
  local node=${2:-1} name=gateway
  [ "$node" -eq 1 ] || name=gateway-$node
  # shellcheck disable=SC2086 # the options are words
  GATEWAY_PORT=${PORTS[2 * node - 2]} MANAGEMENT_PORT=${PORTS[2 * node - 1]} BACKEND_URL=$1 DATA=$TARGET/data \
    start "$name" "$JAVA" $JVM_OPTIONS -jar "$APP/sluice.jar" \
    --spring.config.additional-location="file:$LOADTEST/application.yaml"
  GATEWAY=$PID
  BASE=http://127.0.0.1:${PORTS[2 * node - 2]}
  MANAGEMENT=http://127.0.0.1:${PORTS[2 * node - 1]}
  await "$GATEWAY" "$name" "$MANAGEMENT/actuator/health/readiness"
}

# Loads servers with accept.lua for some seconds and sets RESULT to its figures: wrk_accepts <seconds> <URL> ...
# The connections are spread evenly over the URLs, which differ in host and port only.
wrk_accepts() {
  local seconds=$1 threads=2
  shift
  [ $# -le 2 ] || threads=$#
  ADDRESSES=$* wrk -t"$threads" -c"$CONNECTIONS" -d"${seconds}s" -s "$LOADTEST/accept.lua" "$1" >"$TARGET/wrk.log" 2>&1 ||
    { cat "$TARGET/wrk.log" >&2; die "wrk failed on $*"; }
  RESULT=$(awk '$1 == "RESULT" { $1 = ""; print; found = 1 } END { exit !found }' "$TARGET/wrk.log") ||
    { cat "$TARGET/wrk.log" >&2; die "wrk gave no figures for $*"; }
}

# The sum of a metric's samples that match an extended regular expression, as a whole number.
metric() {
  curl -fsS -m 10 "$MANAGEMENT/actuator/prometheus" | awk -v wanted="$1" '
    $0 !~ /^#/ && $0 ~ wanted { sum += $NF } END { printf "%.0f\n", sum }'
}

# Processor time of processes so far, in milliseconds.
cpu_ms() { local pid; for pid in "$@"; do sed 's/.*) //' "/proc/$pid/stat"; done | awk -v hertz="$(getconf CLK_TCK)" '{ sum += $12 + $13 } END { printf "%.0f\n", sum * 1000 / hertz }'; }

# Resident memory of a process in MiB.
rss_mib() { awk '/^VmRSS:/ { printf "%.0f\n", $2 / 1024 }' "/proc/$1/status"; }
