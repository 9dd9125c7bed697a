import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Submits jobs as fast as the gateway takes them, waits until it has none left, then looks at every single one. Exits with
 * 1 if one is lost or was done twice. If the gateway has several nodes, the connections are spread evenly over them.
 *
 * <p>Of each round it prints lines for people, and of the measured one lines {@code RESULT key value} for scripts.
 *
 * <p>One thread, one selector, no framework: it shares the cores with what it measures.
 */
public final class EndToEnd {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final Pattern ENDED = Pattern.compile("(?m)^sluice_jobs_finished_total\\{.*?} (\\S+)$");
    private static final Pattern WAITING =
            Pattern.compile("(?m)^sluice_queue_(?:depth|running)\\{.*?route=\"e2e\".*?} (\\S+)$");
    private static final Pattern STATEMENTS =
            Pattern.compile("(?m)^sluice_journal_statements_seconds_sum\\{.*?kind=\"(\\w+)\".*?} (\\S+)$");

    private final HttpClient control = HttpClient.newHttpClient();
    private final List<URI> bases;
    private final List<String> managements;
    private final String backend;
    private final int connections;
    private final List<String> gatewayPids;
    private final String backendPid;
    private final String database;
    private final String postgresPid;

    private EndToEnd(String[] args) {
        bases = Arrays.stream(args[0].split(",")).map(URI::create).toList();
        managements = List.of(args[1].split(","));
        backend = args[2];
        connections = Integer.parseInt(args[5]);
        gatewayPids = List.of(args[6].split(","));
        backendPid = args[7];
        database = args.length > 8 ? args[8] : "-";
        postgresPid = args.length > 9 ? args[9] : "-";
    }

    /**
     * Base URLs and management URLs of the nodes, with commas between; backend URL; jobs; jobs to warm up with, may be 0;
     * connections; pids of the nodes, with commas; pid of the backend; and if the journal is in PostgreSQL the name of the
     * database, which psql finds by its environment, and the pid of the server. For pids and the database may stand -.
     */
    public static void main(String[] args) throws Exception {
        EndToEnd test = new EndToEnd(args);
        int warmUp = Integer.parseInt(args[4]);
        boolean good = warmUp == 0 || test.round("warm-up", warmUp, false);
        good &= test.round("measured", Integer.parseInt(args[3]), true);
        System.exit(good ? 0 : 1);
    }

    /** Puts so many jobs through; true if each was done exactly once. */
    private boolean round(String name, int jobs, boolean measured) throws Exception {
        long callsBefore = backendCount("calls");
        long distinctBefore = backendCount("jobs");
        boolean counting = measured && !database.equals("-");
        Map<String, Double> databaseBefore = counting ? databaseFigures(true) : Map.of();
        Map<String, Double> statementsBefore = statements();
        double endedBefore = sum(ENDED);
        long gatewayCpu = cpuMillis(gatewayPids);
        long backendCpu = cpuMillis(List.of(backendPid));
        long postgresCpu = postgresMillis();
        long begun = System.nanoTime();
        long deadline = begun + LIMIT.toNanos();

        Submit submit = new Submit(bases.get(0), jobs);
        new Clients(bases, connections, deadline).run(submit);
        long accepted = System.nanoTime();
        long finished = awaitEnd(endedBefore + jobs, deadline);
        gatewayCpu = cpuMillis(gatewayPids) - gatewayCpu;
        backendCpu = cpuMillis(List.of(backendPid)) - backendCpu;
        postgresCpu = postgresMillis() - postgresCpu;
        Map<String, Double> statements = statements();
        Map<String, Double> figures = counting ? databaseFigures(false) : Map.of();

        Verify verify = new Verify(bases.get(0), submit.jobs);
        new Clients(bases, connections, System.nanoTime() + LIMIT.toNanos()).run(verify);
        long calls = backendCount("calls") - callsBefore;
        long distinct = backendCount("jobs") - distinctBefore;
        long lost = jobs - Math.min(verify.good, distinct);
        long doubled = calls - distinct + jobs - new HashSet<>(submit.jobs).size();

        System.out.printf("%n%s: %,d jobs, %d connections%n", name, jobs, connections);
        System.out.printf("  accepted                  %,10.0f jobs/s%n", perSecond(jobs, accepted - begun));
        System.out.printf("  until the last is stored  %,10.0f jobs/s (%.2f s)%n", perSecond(jobs, finished - begun),
                (finished - begun) / 1e9);
        System.out.printf("  processor time            %10.2f s per 10,000 jobs (gateway), %.2f s (backend)%n",
                gatewayCpu * 10.0 / jobs, backendCpu * 10.0 / jobs);
        System.out.printf("  resident memory           %10d MiB (gateway)%n", residentMib());
        System.out.printf("  lost %d, doubled %d, refused for a full queue and sent again %d%n", lost, doubled, submit.refused);
        verify.wrong.stream().limit(5).forEach(wrong -> System.out.println("  " + wrong));
        if (measured) {
            result("jobs/s", perSecond(jobs, finished - begun));
            result("accepted/s", perSecond(jobs, accepted - begun));
            result("cpu.gateways", gatewayCpu * 10.0 / jobs);
            result("cpu.backend", backendCpu * 10.0 / jobs);
            result("memory", residentMib());
            if (!postgresPid.equals("-")) {
                result("cpu.postgres", postgresCpu * 10.0 / jobs);
            }
            figures.forEach((key, value) -> result(key, (value - databaseBefore.getOrDefault(key, 0.0)) / jobs));
            statements.forEach((kind, seconds) ->
                    result("statements." + kind, (seconds - statementsBefore.getOrDefault(kind, 0.0)) * 1e3 / jobs));
            result("lost", lost);
            result("doubled", doubled);
        }
        return lost == 0 && doubled == 0;
    }

    private static void result(String key, double value) {
        System.out.printf("RESULT %s %.4f%n", key, value);
    }

    private static double perSecond(int jobs, long nanos) {
        return jobs * 1e9 / nanos;
    }

    /**
     * Waits until so many jobs have ended, asking often only near the end and more seldom the more nodes there are: each
     * question costs the gateway some time. A node counts the end of a job as soon as it is stored; what waits it knows of the others' jobs only now and then. If
     * nothing waits for a while although not all have ended, jobs are lost, and the time is that at which nothing waited.
     *
     * @return when it was so, by {@link System#nanoTime}
     */
    private long awaitEnd(double ended, long deadline) throws IOException, InterruptedException {
        long idleSince = 0;
        long lookedAt = System.nanoTime();
        while (true) {
            double left = ended - sum(ENDED);
            long now = System.nanoTime();
            if (left <= 0) {
                return now;
            }
            if (now - lookedAt > Duration.ofSeconds(1).toNanos()) {
                lookedAt = now;
                idleSince = sum(WAITING) > 0 ? 0 : idleSince == 0 ? now : idleSince;
            }
            if (idleSince != 0 && now - idleSince > Duration.ofSeconds(10).toNanos()) {
                System.out.printf("  %.0f jobs have not ended on any node, and none is left%n", left);
                return idleSince;
            }
            if (now > deadline) {
                throw new IllegalStateException((long) left + " jobs are still unfinished after " + LIMIT);
            }
            Thread.sleep((left > 2_000 ? 100L : 20L) * managements.size());
        }
    }

    /** The sum of a meter's samples, the first group of the pattern, over all nodes. */
    private double sum(Pattern samples) throws IOException, InterruptedException {
        double sum = 0;
        for (String management : managements) {
            Matcher sample = samples.matcher(get(management + "/actuator/prometheus"));
            boolean known = false;
            while (sample.find()) {
                known = true;
                sum += Double.parseDouble(sample.group(1));
            }
            if (!known) {
                throw new IllegalStateException(management + " says nothing of " + samples);
            }
        }
        return sum;
    }

    /** Seconds that groups were on their way to the database and back, by kind; empty if there is none. */
    private Map<String, Double> statements() throws IOException, InterruptedException {
        Map<String, Double> seconds = new TreeMap<>();
        for (String management : managements) {
            Matcher sample = STATEMENTS.matcher(get(management + "/actuator/prometheus"));
            while (sample.find()) {
                seconds.merge(sample.group(1), Double.parseDouble(sample.group(2)), Double::sum);
            }
        }
        return seconds;
    }

    /** What the server has counted, by figures.sql, which takes a while. */
    private Map<String, Double> databaseFigures(boolean before) throws IOException, InterruptedException {
        Process psql = new ProcessBuilder("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", "name=" + database, "-v",
                        "before=" + (before ? 1 : 0), "-f", System.getProperty("figures"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<String, Double> figures = new TreeMap<>();
        try (BufferedReader lines = psql.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] figure = line.split("\\|");
                if (figure.length == 2) {
                    figures.put(figure[0], Double.parseDouble(figure[1]));
                }
            }
        }
        if (psql.waitFor() != 0) {
            throw new IllegalStateException("psql ended with " + psql.exitValue());
        }
        return figures;
    }

    private long backendCount(String name) throws IOException, InterruptedException {
        String answer = get(backend + "/demo/calls");
        Matcher member = Pattern.compile("\"" + name + "\"\\s*:\\s*(\\d+)").matcher(answer);
        if (!member.find()) {
            throw new IllegalStateException("the backend says nothing of " + name + ": " + answer);
        }
        return Long.parseLong(member.group(1));
    }

    private String get(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build();
        HttpResponse<String> answer = control.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(url + " answered " + answer.statusCode());
        }
        return answer.body();
    }

    /** Processor time of processes so far; Linux counts it in hundredths of a second. */
    private static long cpuMillis(List<String> pids) throws IOException {
        long millis = 0;
        for (String pid : pids) {
            if (!pid.equals("-")) {
                String[] fields = stat(pid);
                millis += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10;
            }
        }
        return millis;
    }

    /** Processor time of a server of PostgreSQL so far: its own, that of its processes, and that of those which are gone. */
    private long postgresMillis() throws IOException {
        if (postgresPid.equals("-")) {
            return 0;
        }
        String[] fields = stat(postgresPid);
        long millis = (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 10;
        List<String> all = new ArrayList<>(List.of(postgresPid));
        ProcessHandle.of(Long.parseLong(postgresPid)).ifPresent(
                server -> server.children().forEach(child -> all.add(Long.toString(child.pid()))));
        for (String pid : all) {
            try {
                millis += cpuMillis(List.of(pid));
            } catch (NoSuchFileException e) {
                // has ended since it was listed
            }
        }
        return millis;
    }

    private static String[] stat(String pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", pid, "stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    private long residentMib() throws IOException {
        long sum = 0;
        for (String pid : gatewayPids) {
            sum += pid.equals("-") ? 0 : residentMib(pid);
        }
        return sum;
    }

    private static long residentMib(String pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc", pid, "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** What the connections are to do, item by item. */
    private interface Work {
        int items();

        byte[] request(int item);

        /** Takes the answer; the result is how many seconds to wait before the item is asked for again, or -1 if it is done. */
        int answered(int item, Answer answer);
    }

    private record Answer(int status, String head, String body) {
        String header(String name) {
            int from = 0;
            while ((from = head.indexOf("\r\n", from)) >= 0) {
                from += 2;
                int colon = from + name.length();
                if (head.regionMatches(true, from, name, 0, name.length()) && colon < head.length()
                        && head.charAt(colon) == ':') {
                    int end = head.indexOf("\r\n", colon);
                    return head.substring(colon + 1, end < 0 ? head.length() : end).strip();
                }
            }
            return "";
        }
    }

    private static final class Submit implements Work {
        private final byte[] request;
        private final String[] locations;
        private final List<String> jobs;
        private int refused;

        private Submit(URI base, int count) {
            String json = "{\"report\":\"q3\",\"text\":\"" + "x".repeat(256 - 25) + "\"}";
            request = bytes("POST /e2e HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + json.length() + "\r\n\r\n" + json);
            locations = new String[count];
            jobs = Arrays.asList(locations);
        }

        @Override
        public int items() {
            return locations.length;
        }

        @Override
        public byte[] request(int item) {
            return request;
        }

        @Override
        public int answered(int item, Answer answer) {
            if (answer.status() == 503) {
                refused++;
                String seconds = answer.header("Retry-After");
                return seconds.isEmpty() ? 1 : Integer.parseInt(seconds);
            }
            if (answer.status() != 202) {
                throw new IllegalStateException("expected 202, got " + answer);
            }
            locations[item] = URI.create(answer.header("Location")).getPath();
            return -1;
        }
    }

    private static final class Verify implements Work {
        private final URI base;
        private final List<String> jobs;
        private final List<String> wrong = new ArrayList<>();
        private int good;

        private Verify(URI base, List<String> jobs) {
            this.base = base;
            this.jobs = jobs;
        }

        @Override
        public int items() {
            return jobs.size();
        }

        @Override
        public byte[] request(int item) {
            return bytes("GET " + jobs.get(item) + " HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\n\r\n");
        }

        @Override
        public int answered(int item, Answer answer) {
            String job = answer.body().replace(" ", "");
            if (answer.status() == 200 && job.contains("\"state\":\"succeeded\"") && job.contains("\"result\":{")) {
                good++;
            } else {
                wrong.add(jobs.get(item) + ": " + answer.status() + " " + job);
            }
            return -1;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Keep-alive connections, each with one request on its way. */
    private static final class Clients {
        private final List<InetSocketAddress> addresses;
        private final int count;
        private final long deadline;
        private final Deque<Integer> again = new ArrayDeque<>();
        private int next;
        private int done;

        private Clients(List<URI> bases, int count, long deadline) {
            this.addresses = bases.stream()
                    .map(base -> new InetSocketAddress(base.getHost(), base.getPort()))
                    .toList();
            this.count = count;
            this.deadline = deadline;
        }

        private void run(Work work) throws IOException {
            try (Selector selector = Selector.open()) {
                List<Connection> all = new ArrayList<>();
                try {
                    for (int i = 0; i < Math.min(count, work.items()); i++) {
                        all.add(new Connection(SocketChannel.open(addresses.get(i % addresses.size())), selector));
                    }
                    all.forEach(connection -> proceed(connection, work));
                    while (done < work.items()) {
                        selector.select(key -> exchange((Connection) key.attachment(), work), 20);
                        long now = System.nanoTime();
                        if (now > deadline) {
                            throw new IllegalStateException(work.items() - done + " requests are not answered in " + LIMIT);
                        }
                        all.forEach(connection -> resume(connection, work, now));
                    }
                } finally {
                    for (Connection connection : all) {
                        connection.channel.close();
                    }
                }
            }
        }

        private void exchange(Connection connection, Work work) {
            try {
                if (connection.out.hasRemaining()) {
                    connection.write();
                }
                Answer answer = connection.read();
                if (answer != null) {
                    take(connection, work, answer);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException("item " + connection.item, e);
            }
        }

        private void take(Connection connection, Work work, Answer answer) {
            int pause = work.answered(connection.item, answer);
            if (pause < 0) {
                done++;
            } else {
                again.add(connection.item);
                connection.resumeAt = System.nanoTime() + Duration.ofSeconds(pause).toNanos();
            }
            connection.item = -1;
            if (pause < 0) {
                proceed(connection, work);
            }
        }

        /** A refused connection goes on when its pause is over; an idle one helps with what is to be repeated. */
        private void resume(Connection connection, Work work, long now) {
            if (connection.item < 0 && now - connection.resumeAt >= 0) {
                proceed(connection, work);
            }
        }

        private void proceed(Connection connection, Work work) {
            if (next < work.items()) {
                connection.item = next++;
            } else if (!again.isEmpty()) {
                connection.item = again.remove();
            } else {
                return;
            }
            try {
                connection.out = ByteBuffer.wrap(work.request(connection.item));
                connection.write();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException("item " + connection.item, e);
            }
        }
    }

    private static final class Connection {
        private final SocketChannel channel;
        private final SelectionKey key;
        private ByteBuffer in = ByteBuffer.allocate(16 * 1024);
        private ByteBuffer out = ByteBuffer.allocate(0);
        private int item = -1;
        private long resumeAt = System.nanoTime();

        private Connection(SocketChannel channel, Selector selector) throws IOException {
            this.channel = channel;
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        private void write() throws IOException {
            channel.write(out);
            int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }

        /** The answer, once it is complete. */
        private Answer read() throws IOException {
            int count = channel.read(in);
            if (count < 0) {
                throw new IOException("the gateway closed the connection");
            }
            if (count == 0) {
                return null;
            }
            String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            if (end >= 0) {
                Answer head = new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), "");
                String length = head.header("Content-Length");
                boolean chunked = head.header("Transfer-Encoding").equalsIgnoreCase("chunked");
                int body = end + 4;
                int size = length.isEmpty() ? 0 : Integer.parseInt(length);
                if (chunked ? text.endsWith("\r\n0\r\n\r\n") || text.startsWith("0\r\n\r\n", body) : text.length() >= body + size) {
                    in.clear();
                    return new Answer(head.status(), head.head(), text.substring(body));
                }
            }
            if (!in.hasRemaining()) {
                in = ByteBuffer.allocate(in.capacity() * 2).put(in.flip());
            }
            return null;
        }
    }
}
