using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Penstock.Core.Sites;
using Penstock.Ocpp.Rpc;
using Penstock.Server.Api;
using Penstock.Server.Gateway;
using Penstock.Server.Hosting;
using Penstock.Server.Stations;

namespace Penstock.Server.Files;

/// <param name="LogType">DiagnosticsLog, SecurityLog or DataCollectorLog; unknown to GetDiagnostics of 1.6.</param>
public sealed record AskLog(string? LogType, DateTimeOffset? OldestTimestamp, DateTimeOffset? LatestTimestamp);

/// <param name="Name">Of a file under /firmware.</param>
/// <param name="SigningCertificate">PEM; with it and the signature the update is a signed one.</param>
public sealed record AskUpdate(string? Name, DateTimeOffset? RetrieveAt, DateTimeOffset? InstallAt, string? SigningCertificate, string? Signature);

/// <summary>Where stations fetch firmware and bring logs, and where operators manage both.</summary>
internal static class FileEndpoints
{
    internal static void Map(IEndpointRouteBuilder app, IEndpointRouteBuilder api)
    {
        app.MapGet("/files/firmware/{name}", (string name, FileExchange files) => files.FirmwarePath(name) is { } path ? Results.File(path, "application/octet-stream", enableRangeProcessing: true) : Results.NotFound());
        app.MapMethods("/files/uploads/{station}/{request}/{until:long}/{signature}/{**name}", ["PUT", "POST"], UploadAsync);
        api.MapGet("/firmware", (FileExchange files) => new PageView<ExchangedFile>(files.Firmware(), null));
        api.MapPut("/firmware/{name}", async (string name, HttpContext context, FileExchange files, CancellationToken cancel) =>
        {
            if (!FileExchange.IsName(name)) return Problems.Invalid([new Fault("/name", "format", "A name has 1 to 120 letters, digits or -_.+ and does not start with a dot.")]);
            Unbounded(context);
            return await files.PutFirmwareAsync(name, context.Request.Body, cancel) is { } file ? Results.Ok(file) : TooLarge(FileExchange.FirmwareBytesMax);
        });
        api.MapDelete("/firmware/{name}", (string name, FileExchange files) => files.DeleteFirmware(name) ? Results.NoContent() : Problems.NotFound("firmware", name));
        api.MapPost("/stations/{id}/logs", (string id, AskLog body, HttpContext context, FileAsking asking) => asking.LogAsync(new StationId(id), body, Origin(context)));
        api.MapPost("/stations/{id}/firmware", (string id, AskUpdate body, HttpContext context, FileAsking asking) => asking.UpdateAsync(new StationId(id), body, Origin(context)));
        api.MapGet("/stations/{id}/logs/{request}/file", (string id, string request, FileExchange files) =>
            files.UploadPath(new StationId(id), request) is { } path ? Results.File(path, "application/octet-stream", Path.GetFileName(path)) : Problems.NotFound("uploaded file", request));
    }

    /// <summary>The file is the body, or the first file of a form.</summary>
    private static async Task<IResult> UploadAsync(string station, string request, long until, string signature, string? name, HttpContext context, FileExchange files, CancellationToken cancel)
    {
        if (!files.MayUpload(new StationId(station), request, until, signature)) return Results.Text("This address is not signed by this server, or its time is over; wait to be asked again.", statusCode: 403);
        Unbounded(context);
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = FileExchange.UploadBytesMax }, cancel) : null;
        var part = form?.Files.Count > 0 ? form.Files[0] : null;
        var given = Path.GetFileName(name is { Length: > 0 } ? name : part?.FileName ?? "log");
        await using var content = part?.OpenReadStream() ?? context.Request.Body;
        return await files.UploadAsync(new StationId(station), request, FileExchange.IsName(given) ? given : "log", content, cancel) is { } file ? Results.Ok(file) : TooLarge(FileExchange.UploadBytesMax);
    }

    private static string Origin(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";

    /// <summary>The bound is our own, told in words.</summary>
    private static void Unbounded(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
    }

    private static IResult TooLarge(long most) => Results.Text($"The file has more than {most} bytes.", statusCode: 413);
}

/// <summary>Asks a station of any version for a log, or to fetch firmware, with addresses of this server.</summary>
internal sealed class FileAsking(StationRegistry registry, StationRoll roll, StationCalls calls, FileExchange files, ServerOptions options, TimeProvider time)
{
    private int lastRequest = (int)(time.Now().ToUnixTimeSeconds() & 0x3FFFFFFF); // new after a restart: stations remember request ids

    internal Task<IResult> LogAsync(StationId station, AskLog ask, string origin) => AskAsync(station, version =>
    {
        var (id, kind) = (Interlocked.Increment(ref lastRequest), ask.LogType ?? "DiagnosticsLog");
        var unnumbered = version == OcppVersion.V16 && kind == "DiagnosticsLog";
        var location = (options.PublicUrl?.TrimEnd('/') ?? origin) + files.UploadAddress(station, unnumbered ? FirmwareMessages.Latest : $"{id}");
        return unnumbered
            ? ("GetDiagnostics", new { location, startTime = ask.OldestTimestamp, stopTime = ask.LatestTimestamp })
            : ("GetLog", new { log = new { remoteLocation = location, oldestTimestamp = ask.OldestTimestamp, latestTimestamp = ask.LatestTimestamp }, logType = kind, requestId = id });
    });

    internal Task<IResult> UpdateAsync(StationId station, AskUpdate ask, string origin)
    {
        if (ask.Name is not { } name || files.FirmwarePath(name) is null) return Task.FromResult(Problems.NotFound("firmware", ask.Name ?? ""));
        var (location, retrieve) = ($"{options.PublicUrl?.TrimEnd('/') ?? origin}/files/firmware/{name}", ask.RetrieveAt ?? time.GetUtcNow());
        var firmware = new { location, retrieveDateTime = retrieve, installDateTime = ask.InstallAt, signingCertificate = ask.SigningCertificate, signature = ask.Signature };
        return AskAsync(station, version => version != OcppVersion.V16 ? ("UpdateFirmware", new { requestId = Interlocked.Increment(ref lastRequest), firmware })
            : ask.Signature is null ? ("UpdateFirmware", new { location, retrieveDate = retrieve })
            : ("SignedUpdateFirmware", new { requestId = Interlocked.Increment(ref lastRequest), firmware }));
    }

    private async Task<IResult> AskAsync(StationId station, Func<OcppVersion, (string Action, object Payload)> ask)
    {
        if (roll.Find(station) is null) return Problems.NotFound("station", station.Value);
        if (registry.Find(station) is not { } connection) return Problems.Conflict("offline", $"Station {station} has no connection; try again when it is online.");
        var (action, body) = ask(connection.Version);
        var payload = JsonSerializer.SerializeToElement(body, Sparse);
        if (StationCalls.Fault(connection.Version, action, payload) is { } fault) return Problems.Invalid([new Fault(fault.Pointer ?? "", fault.Code, fault.Text)]);
        return Results.Ok(CommandView.Of(await calls.SendAsync(station, action, payload)));
    }

    private static readonly JsonSerializerOptions Sparse = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}
