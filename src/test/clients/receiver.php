<?php
// Receives callbacks, checks their signatures (Standard Webhooks 1.0), keeps the messages as files and logs what they tell. Under
// PHP-FPM or any other SAPI, with these two in its environment, or to try it:
//   WEBHOOK_SECRETS=whsec_...[,whsec_...] WEBHOOK_DIRECTORY=/var/lib/callbacks php -S 127.0.0.1:9001 receiver.php
// Several secrets are accepted side by side while they are rotated.
declare(strict_types=1);

const TOLERANCE = 300; // seconds that the clocks may differ, and that a replayed message is refused after
const MOST = 1 << 20;

/** The keys; without any, nothing can be received, and least of all everything. */
function keys(): array
{
    return array_map(function (string $secret): string {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        return $key !== false && strlen($key) >= 24 ? $key : throw new RuntimeException('WEBHOOK_SECRETS is malformed');
    }, explode(',', (string) getenv('WEBHOOK_SECRETS')));
}

/** Whether one of the signatures is ours, and the message is of now. */
function genuine(array $keys, string $id, string $sent, string $signatures, string $body): bool
{
    // An id that may be part of a signed text and the name of a file.
    if (!preg_match('/^[A-Za-z0-9_-]{1,128}$/D', $id) || !preg_match('/^[0-9]{1,11}$/D', $sent)) {
        return false;
    }
    if (abs(time() - (int) $sent) > TOLERANCE) {
        return false;
    }
    foreach ($keys as $key) {
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $key, true));
        foreach (explode(' ', $signatures) as $signature) {
            if (hash_equals($expected, $signature)) { // in constant time
                return true;
            }
        }
    }
    return false;
}

/** Puts a message on stable storage, as a whole or not at all; false if it was there before, since a message may come twice. */
function keep(string $directory, string $id, string $body): bool
{
    $part = "$directory/$id." . bin2hex(random_bytes(8));
    $file = fopen($part, 'x');
    try {
        if (fwrite($file, $body) !== strlen($body) || !fsync($file)) {
            throw new RuntimeException("$part cannot be written");
        }
        $kept = "$directory/$id.json";
        if (!($new = @link($part, $kept)) && !is_file($kept)) {
            throw new RuntimeException("$kept cannot be written");
        }
        fsync(fopen($directory, 'r')); // the name, too
        return $new;
    } finally {
        fclose($file);
        unlink($part);
    }
}

set_error_handler(function (int $level, string $message, string $file, int $line): bool {
    return error_reporting() & $level ? throw new ErrorException($message, 0, $level, $file, $line) : false;
});
http_response_code(500); // an error that PHP displays would be a 200, and the message lost

$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$body = file_get_contents('php://input', false, null, 0, MOST + 1);
if (strlen($body) > MOST) {
    http_response_code(413);
} elseif (!genuine(keys(), $id, $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '', $body)) {
    http_response_code(401);
} else {
    if (keep((string) getenv('WEBHOOK_DIRECTORY'), $id, $body)) {
        $told = json_decode($body, true);
        error_log("{$told['type']} {$told['data']['id']}");
    }
    http_response_code(204); // 2xx: it need not be sent again
}
