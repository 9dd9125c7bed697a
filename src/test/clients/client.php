#!/usr/bin/env php
<?php
// Sends a request, follows its events to the end through broken connections, prints the result. With a number it sends so many
// requests as one group, follows them all on one stream and prints their results; a callback URL is told of the group's end (see
// receiver.php). Needs ext-curl.
//   client.php http://localhost:8080 [/async-operation [50 [https://receiver.example/hook]]]
declare(strict_types=1);

const ENDS = ['succeeded', 'failed', 'cancelled'];
const LATER = [0, 429, 502, 503, 504]; // worth another try; 0: nobody there just now
const TRIES = 60;

/** Calls until there is an answer that is not to be asked for again later. */
function call(string $url, array $options, array $later = LATER): array
{
    for ($try = 0; $try < TRIES; $try++) {
        $headers = [];
        $curl = curl_init($url);
        curl_setopt_array($curl, array_replace([
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT => 5,
            CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$headers): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $headers[strtolower($name)] = trim($value);
                return strlen($line);
            },
        ], $options));
        $body = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if (!in_array($status, $later, true)) {
            return [$status, $headers, $body];
        }
        sleep(1);
    }
    throw new RuntimeException('the gateway is gone');
}

function expect(int $expected, int $status, string $url): void
{
    if ($status !== $expected) {
        throw new RuntimeException("$url answered $status");
    }
}

/** Where what was made is. */
function post(string $url, array $body, int $status, array $fields = []): string
{
    [$answered, $headers] = call($url, [
        CURLOPT_POSTFIELDS => json_encode($body),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', ...$fields],
    ]);
    expect($status, $answered, $url);
    return absolute($url, $headers['location']);
}

function absolute(string $url, string $path): string
{
    return preg_replace('~^(https?://[^/]+).*~', '$1', $url) . $path;
}

function submit(string $url, array $body, array $fields = []): string
{
    // Under one key the request may be repeated: it stays one job.
    return post($url, $body, 202, ['Idempotency-Key: ' . bin2hex(random_bytes(16)), ...$fields]);
}

/** Gives id, name and data of every event to a function until that says it was the last; after a break it goes on behind the last one. */
function follow(string $url, callable $ends): void
{
    $last = '0';
    $ended = false;
    while (!$ended) {
        $rest = '';
        $event = [];
        [$status] = call($url, [
            CURLOPT_HTTPHEADER => ["Last-Event-ID: $last"],
            // The gateway sends a comment every 15 s, so a minute of silence is a broken connection.
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => 60,
            CURLOPT_WRITEFUNCTION => function ($curl, string $piece) use (&$rest, &$event, &$last, &$ended, $ends): int {
                if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
                    return strlen($piece); // a problem, which is no event
                }
                $lines = explode("\n", $rest . $piece);
                $rest = array_pop($lines);
                foreach ($lines as $line) {
                    if ($line !== '') {
                        [$field, $value] = explode(':', $line, 2) + [1 => ''];
                        $event[$field] = ltrim($value, ' ');
                    } elseif (isset($event['data'])) {
                        $last = $event['id'];
                        $ended = $ends($last, $event['event'], json_decode($event['data'], true));
                        $event = [];
                    }
                }
                return strlen($piece);
            },
        ]);
        expect(200, $status, $url);
        if (!$ended) {
            sleep(1);
        }
    }
}

function single(string $url): bool
{
    $job = submit($url, ['report' => 'q3']);
    echo "accepted as $job\n";
    $expected = 1;
    follow("$job/events", function (string $id, string $name) use (&$expected, &$state): bool {
        if ((int) $id !== $expected++) {
            throw new RuntimeException("event $id instead of " . ($expected - 1));
        }
        echo "$id $name\n";
        $state = $name;
        return in_array($name, ENDS, true);
    });
    // What the backend answered, or why it never did.
    [$status, , $body] = call("$job/result", [], [0]);
    echo "$body\n";
    return $state === 'succeeded' && $status === 200;
}

function batch(string $base, string $url, int $count, ?string $callback): bool
{
    $group = post("$base/groups", ['size' => $count], 201, $callback === null ? [] : ["Sluice-Callback: $callback"]);
    echo "created $group\n";
    for ($number = 0; $number < $count; $number++) {
        submit($url, ['report' => $number], ['Sluice-Group: ' . basename($group)]);
    }
    $results = [];
    follow("$group/events", function (string $id, string $name, array $data) use ($url, &$results, &$jobs): bool {
        if (in_array($name, ENDS, true)) {
            if (isset($results[$data['job']])) {
                throw new RuntimeException("told twice: {$data['job']}");
            }
            $results[$data['job']] = absolute($url, $data['links']['result']);
            echo count($results), " $name\n";
        }
        $jobs = $data['group']['jobs'] ?? null;
        return $name === 'group' && $data['group']['state'] === 'finished';
    });
    echo 'finished ', json_encode($jobs), "\n";
    foreach ($results as $result) {
        echo call($result, [], [0])[2], "\n";
    }
    return count($results) === $count && $jobs['succeeded'] === $count;
}

[, $base, $path, $count, $callback] = $argv + [2 => '/async-operation', null, null];
$succeeded = $count === null ? single($base . $path) : batch($base, $base . $path, (int) $count, $callback);
exit($succeeded ? 0 : 1);
