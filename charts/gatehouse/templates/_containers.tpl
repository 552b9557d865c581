{{/* The controller: reads the cluster, writes and tests configurations, tells NGINX to reload. */}}
{{- define "gatehouse.controllerContainer" -}}
{{- $controller := .Values.controller -}}
- name: {{ $controller.containerName }}
  {{- include "gatehouse.containerImage" . | nindent 2 }}
  restartPolicy: Always
  command: [gatehouse-controller]
  args:
    {{- include "gatehouse.arguments" . | trim | nindent 4 }}
  env:
    - name: POD_NAME
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    - name: POD_NAMESPACE
      valueFrom:
        fieldRef:
          fieldPath: metadata.namespace
    {{- if include "gatehouse.followsZones" . }}
    - name: NODE_NAME
      valueFrom:
        fieldRef:
          fieldPath: spec.nodeName
    {{- end }}
    {{- include "gatehouse.containerEnvironment" . | nindent 4 }}
    {{- with $controller.extraEnvs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - name: {{ $controller.metrics.portName }}
      containerPort: {{ $controller.metrics.port | int }}
      protocol: TCP
  startupProbe:
    {{- toYaml (omit $controller.startupProbe "httpGet") | nindent 4 }}
    exec:
      command: [gatehouse-started]
  livenessProbe:
    {{- include "gatehouse.probe" (list $controller.livenessProbe "/healthz" $controller.metrics.port) | nindent 4 }}
  {{- with $controller.sidecar.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "gatehouse.containerSecurityContext" . | nindent 2 }}
  volumeMounts:
    {{- include "gatehouse.volumeMounts" . | nindent 4 }}
    - name: token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
{{- end -}}

{{/*
NGINX. The Pod's readiness is NGINX's alone: a controller that restarts, or is away, must not take the Pod out of its Services.
*/}}
{{- define "gatehouse.nginxContainer" -}}
{{- $controller := .Values.controller -}}
- name: nginx
  {{- include "gatehouse.containerImage" . | nindent 2 }}
  command: [gatehouse-nginx]
  env:
    {{- include "gatehouse.containerEnvironment" . | nindent 4 }}
  ports:
    {{- include "gatehouse.nginxPorts" . | trim | nindent 4 }}
  readinessProbe:
    {{- include "gatehouse.probe" (list $controller.readinessProbe "/healthz" (include "gatehouse.statusPort" .)) | nindent 4 }}
  lifecycle:
    {{- if $controller.lifecycle }}
    {{- toYaml $controller.lifecycle | nindent 4 }}
    {{- else }}
    preStop:
      exec:
        command: [gatehouse-drain, {{ $controller.drainSeconds | toString | quote }}]
    {{- end }}
  {{- with $controller.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $controller.resizePolicy }}
  resizePolicy:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "gatehouse.containerSecurityContext" . | nindent 2 }}
  volumeMounts:
    {{- include "gatehouse.volumeMounts" . | nindent 4 }}
{{- end -}}

{{- define "gatehouse.containerImage" -}}
image: {{ include "gatehouse.image" . }}
imagePullPolicy: {{ .Values.controller.image.pullPolicy }}
{{- end -}}

{{- define "gatehouse.containerEnvironment" -}}
- name: GATEHOUSE_RUN_DIRECTORY
  value: {{ include "gatehouse.runDirectory" . }}
{{- if include "gatehouse.startsAsRoot" . }}
- name: GATEHOUSE_RUN_AS
  value: "{{ .Values.controller.image.runAsUser | int }}:{{ .Values.controller.image.runAsGroup | int }}"
{{- end }}
{{- end -}}

{{- define "gatehouse.volumeMounts" -}}
- name: run
  mountPath: {{ dir (include "gatehouse.runDirectory" .) }}
- name: tmp
  mountPath: /tmp
{{- with .Values.controller.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The timings of a probe and what it asks; (list timings path port). */}}
{{- define "gatehouse.probe" -}}
{{- toYaml (omit (index . 0) "httpGet") }}
httpGet:
  path: {{ index . 1 }}
  port: {{ index . 2 | int }}
  scheme: HTTP
{{- end -}}

{{/* Both containers have the same: who sends a signal has to be who gets it. */}}
{{- define "gatehouse.containerSecurityContext" -}}
{{- $image := .Values.controller.image -}}
securityContext:
{{- if .Values.controller.containerSecurityContext }}
  {{- toYaml .Values.controller.containerSecurityContext | nindent 2 }}
{{- else if include "gatehouse.startsAsRoot" . }}
  # Root only until GATEHOUSE_RUN_AS takes over, with nothing left but NET_BIND_SERVICE.
  runAsNonRoot: false
  runAsUser: 0
  runAsGroup: 0
  allowPrivilegeEscalation: {{ $image.allowPrivilegeEscalation }}
  readOnlyRootFilesystem: {{ $image.readOnlyRootFilesystem }}
  capabilities:
    drop: [ALL]
    add: [NET_BIND_SERVICE, SETGID, SETUID]
  seccompProfile:
    {{- toYaml $image.seccompProfile | nindent 4 }}
{{- else }}
  runAsNonRoot: {{ $image.runAsNonRoot }}
  runAsUser: {{ $image.runAsUser | int }}
  runAsGroup: {{ $image.runAsGroup | int }}
  allowPrivilegeEscalation: {{ $image.allowPrivilegeEscalation }}
  readOnlyRootFilesystem: {{ $image.readOnlyRootFilesystem }}
  capabilities:
    drop: [ALL]
  seccompProfile:
    {{- toYaml $image.seccompProfile | nindent 4 }}
{{- end }}
{{- end -}}
