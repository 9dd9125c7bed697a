package dev.sluice.loadtest.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32;

/** Uploads and downloads bodies that are not held in memory. Each call blocks its thread until the end; thread-safe. */
public final class LargeBodies {

    private static final int PIECE = 256 * 1024;
    private static final int SOURCE = 4 * 1024 * 1024;
    private static final int LONGEST_SILENCE = 120_000; // ms

    private final byte[] source = new byte[SOURCE];
    private final LongAdder uploaded = new LongAdder();
    private final LongAdder downloaded = new LongAdder();

    /**
     * What came back.
     *
     * @param bytes of the body
     * @param checksum CRC-32 of it
     */
    public record Download(int status, long bytes, long checksum) {}

    public LargeBodies() {
        new Random(1).nextBytes(source); // nothing that could be compressed
    }

    /**
     * Posts so many bytes.
     *
     * @return the status of the answer
     * @throws IOException if the connection breaks, or nothing moves for two minutes
     */
    public int upload(URI url, long size) throws IOException {
        HttpURLConnection connection = open(url);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/octet-stream");
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(size);
        try (OutputStream out = connection.getOutputStream()) {
            for (long sent = 0; sent < size; ) {
                int offset = (int) (sent % SOURCE);
                int length = (int) Math.min(size - sent, Math.min(PIECE, SOURCE - offset));
                out.write(source, offset, length);
                sent += length;
                uploaded.add(length);
            }
        }
        int status = connection.getResponseCode();
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (body != null) {
                body.transferTo(OutputStream.nullOutputStream());
            }
        }
        return status;
    }

    /**
     * Reads a body to its end.
     *
     * @throws IOException if the connection breaks before, or nothing moves for two minutes
     */
    public Download download(URI url) throws IOException {
        HttpURLConnection connection = open(url);
        int status = connection.getResponseCode();
        CRC32 checksum = new CRC32();
        long bytes = 0;
        byte[] piece = new byte[PIECE];
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            for (int count = read(body, piece); count >= 0; count = read(body, piece)) {
                checksum.update(piece, 0, count);
                bytes += count;
                downloaded.add(count);
            }
        }
        return new Download(status, bytes, checksum.getValue());
    }

    private static int read(@org.jspecify.annotations.Nullable InputStream body, byte[] piece) throws IOException {
        return body == null ? -1 : body.read(piece);
    }

    private static HttpURLConnection open(URI url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        connection.setConnectTimeout(LONGEST_SILENCE);
        connection.setReadTimeout(LONGEST_SILENCE);
        return connection;
    }

    /** Bytes of bodies sent so far. */
    public long uploaded() {
        return uploaded.sum();
    }

    /** Bytes of bodies read so far. */
    public long downloaded() {
        return downloaded.sum();
    }
}
