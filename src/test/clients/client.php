#!/usr/bin/env php
<?php
// Sends a request, follows its events to the end through broken connections, prints the result. Needs ext-curl.
//   client.php http://localhost:8080 [/async-operation]
declare(strict_types=1);

const ENDS = ['succeeded', 'failed', 'cancelled'];
const LATER = [0, 429, 502, 503, 504]; // worth another try; 0: nobody there just now
const TRIES = 60;

/** Calls until there is an answer; a refusal for good is an error. */
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
        curl_close($curl);
        if (!in_array($status, $later, true)) {
            return [$status, $headers, $body];
        }
        sleep(1);
    }
    throw new RuntimeException('the gateway is gone');
}

function submit(string $url, array $body): string
{
    [$status, $headers] = call($url, [
        CURLOPT_POSTFIELDS => json_encode($body),
        // Under one key the request may be repeated: it stays one job.
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Idempotency-Key: ' . bin2hex(random_bytes(16))],
    ]);
    if ($status !== 202) {
        throw new RuntimeException("$url answered $status");
    }
    return preg_replace('~^(https?://[^/]+).*~', '$1', $url) . $headers['location'];
}

/** Calls back with number and name of every event until the last; after a break it goes on behind the last one. */
function follow(string $url, callable $told): string
{
    $last = 0;
    $name = '';
    while (!in_array($name, ENDS, true)) {
        $rest = '';
        $event = [];
        [$status] = call($url, [
            CURLOPT_HTTPHEADER => ["Last-Event-ID: $last"],
            // The gateway sends a comment every 15 s, so a minute of silence is a broken connection.
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => 60,
            CURLOPT_WRITEFUNCTION => function ($curl, string $piece) use (&$rest, &$event, &$last, &$name, $told): int {
                $lines = explode("\n", $rest . $piece);
                $rest = array_pop($lines);
                foreach ($lines as $line) {
                    if ($line !== '') {
                        [$field, $value] = explode(':', $line, 2) + [1 => ''];
                        $event[$field] = ltrim($value, ' ');
                    } elseif (isset($event['data'])) {
                        [$last, $name] = [(int) $event['id'], $event['event']];
                        $told($last, $name);
                        $event = [];
                    }
                }
                return strlen($piece);
            },
        ]);
        if ($status !== 200) {
            throw new RuntimeException("$url answered $status");
        }
        if (!in_array($name, ENDS, true)) {
            sleep(1);
        }
    }
    return $name;
}

[, $base, $path] = $argv + [2 => '/async-operation'];
$job = submit($base . $path, ['report' => 'q3']);
echo "accepted as $job\n";
$expected = 1;
$state = follow("$job/events", function (int $number, string $name) use (&$expected): void {
    if ($number !== $expected++) {
        throw new RuntimeException("event $number instead of " . ($expected - 1));
    }
    echo "$number $name\n";
});
// What the backend answered, or why it never did.
[$status, , $body] = call("$job/result", [], [0]);
echo "$body\n";
exit($state === 'succeeded' && $status === 200 ? 0 : 1);
